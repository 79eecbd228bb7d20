AUTHOR = 'A keeper'
SITENAME = 'Bees' + '!'
SITESUBTITLE = 'From the hives'
SITEURL = ""

PATH = "content"

TIMEZONE = 'Europe/Rome'

DEFAULT_LANG = 'it'

LINKS = [
    ("Pelican", "https://getpelican.com/"),
]

DEFAULT_PAGINATION = False
