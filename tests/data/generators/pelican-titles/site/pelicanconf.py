SITENAME = "Titles"
SITEURL = "https://titles.example.net"
