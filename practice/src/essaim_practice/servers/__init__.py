"""The programs of the catalogue's images; importing this package registers them."""

from essaim_practice.servers import (
    declared,
    faulty,
    hello_world,
    httpd,
    nginx,
    python,
    redis,
    streamlit,
    whoami,
)

__all__ = [
    "declared",
    "faulty",
    "hello_world",
    "httpd",
    "nginx",
    "python",
    "redis",
    "streamlit",
    "whoami",
]
