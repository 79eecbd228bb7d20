SITENAME = "Dates"
SITEURL = "https://dates.example.net"
ARTICLE_PATHS = ["articles"]
ARTICLE_URL = "posts/{date:%Y}/{date:%m}/{date:%d}/{slug}/"
ARTICLE_SAVE_AS = "posts/{date:%Y}/{date:%m}/{date:%d}/{slug}/index.html"
SLUGIFY_SOURCE = "basename"
