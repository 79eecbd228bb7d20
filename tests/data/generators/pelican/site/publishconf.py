import os
import sys

sys.path.append(os.curdir)
from pelicanconf import *

SITEURL = "https://bees.example.net"
RELATIVE_URLS = False
