"""The dashboard as app.py makes it, and routes of the benches, which no real dashboard has."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.control.classroom import classroom
from core.control.rights import Right
from core.traffic.plan import Plan
from core.web.server import lifespan, middleware, routes


def hosts(request: Request) -> JSONResponse:
    """By key of a learner's cluster, a DOCKER_HOST value."""
    known = classroom().controls()
    return JSONResponse({key: control.connection.base_url for key, control in known})


def send(request: Request) -> JSONResponse:
    """Begin a run of traffic to the only service of a cluster."""
    asked = request.query_params
    control = classroom().control(asked["key"])
    [service] = control.snapshot.services
    rate, seconds = float(asked["rate"]), float(asked["seconds"])
    control.send(Plan(service.id, service.ports[0].published, rate, seconds), "bench", Right())
    return JSONResponse({})


def ends(request: Request) -> JSONResponse:
    """When each request of the last run got its answer, or failed: seconds since the epoch."""
    run = classroom().control(request.query_params["key"]).traffic.run
    if run is None or not run.ended:
        return JSONResponse(None)
    return JSONResponse(sorted(each.sent + each.seconds for each in run.requests))


app = st.App(
    str(Path(__file__).parents[1] / "app.py"),
    routes=[
        *routes(),
        Route("/bench/hosts", hosts),
        Route("/bench/send", send),
        Route("/bench/ends", ends),
    ],
    middleware=middleware(),
    lifespan=lifespan,
)
