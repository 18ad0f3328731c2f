"""The dashboard as app.py makes it, and routes of the benches, which no real dashboard has."""

import time
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.commands.services import ScaleServices
from core.control.classroom import classroom
from core.control.rights import Right
from core.traffic.plan import Plan
from core.ui.quiet import quiet
from core.votes.model import question
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


def learn(request: Request) -> JSONResponse:
    """What a learner does on pages: gives a name, leaves a lab's step out, votes, scales."""
    asked = request.query_params
    control = classroom().control(asked["key"])
    match asked["do"]:
        case "name":
            control.labs.name = asked["name"]
        case "skip":
            control.labs.progress(asked["lab"])
            control.labs.skip(asked["lab"])
        case "ask":
            [service] = [each for each in control.snapshot.services if each.name == "still"]
            control.votes.ask(question("scale", service, control.snapshot, time.time(), 6))
        case "vote":
            poll = control.votes.poll
            counts = [6] + [0] * (len(poll.question.nodes) - 1) if poll.question else []
            counted = poll.question and control.votes.vote(
                asked["voter"], poll.question.asked, counts
            )
            if not counted:
                raise ValueError("the vote does not count")
        case "scale":
            scale = ScaleServices(replicas=((asked["service"], int(asked["replicas"])),))
            control.submit(scale, "bench", Right())
    return kept(request)


def kept(request: Request) -> JSONResponse:
    """All that the dashboard keeps of one cluster."""
    control = classroom().control(request.query_params["key"])
    begun, poll = control.labs.begun(), control.votes.poll
    return JSONResponse(
        {
            "name": control.labs.name,
            "question": poll.question.asked if poll.question else 0,
            "numbers": {f"steps of {each.lab.name}": len(each.done) for each in begun}
            | {"votes": poll.votes, "lines of the journal": len(control.journal.records())},
        }
    )


quiet()
app = st.App(
    str(Path(__file__).parents[1] / "app.py"),
    routes=[
        *routes(),
        Route("/bench/hosts", hosts),
        Route("/bench/send", send),
        Route("/bench/ends", ends),
        Route("/bench/learn", learn),
        Route("/bench/kept", kept),
    ],
    middleware=middleware(),
    lifespan=lifespan,
)
