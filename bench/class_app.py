"""The dashboard as app.py makes it, and one more route: where each learner's engine answers."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.classroom import classroom
from core.server import lifespan, middleware, routes


def hosts(request: Request) -> JSONResponse:
    """By key, a DOCKER_HOST value. No learner's browser can ask this of a real dashboard."""
    known = classroom().controls()
    return JSONResponse({key: control.connection.base_url for key, control in known})


app = st.App(
    str(Path(__file__).parents[1] / "app.py"),
    routes=[*routes(), Route("/bench/hosts", hosts)],
    middleware=middleware(),
    lifespan=lifespan,
)
