SITENAME = "Month"
SITEURL = f"https://{'month'}.example.net"
ARTICLE_URL = "{date:%b}/{slug}.html"
