-- As same.lua, but each connection pauses between its requests, so that the
-- load is the same however fast the server is; and targets come in turn.

dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "same.lua")

local requests, number = {}, 0

function init(arguments)
  for _, target in ipairs(arguments) do
    requests[#requests + 1] = wrk.format("GET", target)
  end
end

function request()
  number = number + 1
  return requests[number % #requests + 1]
end

function delay()
  return 5 + number % 11 -- milliseconds, 10 of them on average
end
