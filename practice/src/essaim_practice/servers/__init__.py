"""The programs of the catalogue's images; importing this package registers them."""

from essaim_practice.servers import (
    faulty,
    hello_world,
    httpd,
    nginx,
    python,
    streamlit,
    whoami,
)

__all__ = ["faulty", "hello_world", "httpd", "nginx", "python", "streamlit", "whoami"]
