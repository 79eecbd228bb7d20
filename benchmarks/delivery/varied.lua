-- As same.lua, but no two requests have the same bytes: none can be recognised
-- by them, and each has to be parsed.

dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "same.lua")

local before, number

function init(arguments)
  before = wrk.format():gsub("\r\n\r\n$", "\r\nUser-Agent: reader/")
  number = 0
end

function request()
  number = number + 1
  return before .. number .. "\r\n\r\n"
end
