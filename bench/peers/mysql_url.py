"""DATABASE_URL as pymysql takes it."""

import os
from urllib.parse import unquote, urlsplit


def settings():
    return of(os.environ["DATABASE_URL"])


def of(text):
    url = urlsplit(text)
    return {
        "host": url.hostname,
        "port": url.port or 3306,
        "user": unquote(url.username or "root"),
        "password": unquote(url.password or ""),
        "database": url.path.lstrip("/"),
        "charset": "utf8mb4",
    }
