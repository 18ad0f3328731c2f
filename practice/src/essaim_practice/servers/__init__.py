"""The programs of the catalogue's images; importing this package registers them."""

from essaim_practice.servers import (
    dashboards,
    declared,
    faulty,
    hello_world,
    httpd,
    mysql,
    nginx,
    postgres,
    python,
    redis,
    ryuk,
    streamlit,
    traefik,
    voting,
    whoami,
)

__all__ = [
    "dashboards",
    "declared",
    "faulty",
    "hello_world",
    "httpd",
    "mysql",
    "nginx",
    "postgres",
    "python",
    "redis",
    "ryuk",
    "streamlit",
    "traefik",
    "voting",
    "whoami",
]
