"""The programs of the catalogue's images; importing this package registers them."""

from essaim_practice.servers import (  # noqa: F401
    dashboards,
    declared,
    faulty,
    hello_world,
    httpd,
    nginx,
    python,
    redis,
    streamlit,
    traefik,
    voting,
    whoami,
)
