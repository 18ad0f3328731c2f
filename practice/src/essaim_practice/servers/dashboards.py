"""Pages about the cluster: the Swarm visualizer and Portainer."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.not_run import language
from essaim_practice.programs.overview import Overview
from essaim_practice.programs.steps import FOREVER, Interrupted, Steps, line

_ENDING = frozenset({signals.INT, signals.TERM})
_MOST = 2000  # containers or tasks that a page shows
_TEXTS = {
    "en": {
        "simulated": "A simulation: Essaim's practice engine answers in the place of {}.",
        "nothing": "The engine's socket is not mounted: start this with "
        "-v /var/run/docker.sock:/var/run/docker.sock",
        "worker": "This node is no manager of a Swarm: it knows its own containers only.",
        "none": "no task",
        "figures": "{} containers, {} images, {} volumes, {} networks",
        "columns": "Name|Image|State|Address",
        "nodes": "Nodes",
        "containers": "Containers",
    },
    "fr": {
        "simulated": "Une simulation : le moteur d’entraînement d’Essaim répond à la place de {}.",
        "nothing": "La socket du moteur n’est pas montée : démarrez ceci avec "
        "-v /var/run/docker.sock:/var/run/docker.sock",
        "worker": "Ce nœud n’est pas manager d’un Swarm : il ne connaît que ses conteneurs.",
        "none": "aucune tâche",
        "figures": "{} conteneurs, {} images, {} volumes, {} réseaux",
        "columns": "Nom|Image|État|Adresse",
        "nodes": "Nœuds",
        "containers": "Conteneurs",
    },
}
_STYLE = """\
:root { color-scheme: light dark; }
body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 1.5em; }
.nodes { display: flex; flex-wrap: wrap; gap: 1em; align-items: flex-start; }
section { border: 2px solid; border-radius: .5em; padding: .5em 1em; min-width: 14em; }
li { border: 1px solid; border-radius: .3em; list-style: none; margin: .4em 0; padding: .2em .6em; }
ul { padding: 0; }
th, td { text-align: left; padding: .2em 1em .2em 0; }
"""


@executable(("visualizer",), "npm", "node")
def visualizer(argv: list[str], context: Context) -> Program:
    def steps() -> Steps:
        yield line("\n> swarmVisualizer@0.0.1 start\n> node server.js\n")
        yield line("undefined" if context.overview() is None else "Visualizer is listening on 8080")
        return (yield from _until_ended())

    return _serving(steps(), {8080}, partial(_page, context, "visualizer", _swarm))


@executable(("portainer",), "portainer")
def portainer(argv: list[str], context: Context) -> Program:
    def steps() -> Steps:
        for said in (
            "portainer/main.go > encryption key file not present | filename=portainer",
            "portainer/main.go > starting Portainer | (simulated)",
            "http/server.go > starting HTTPS server | bind_address=:9443",
            "http/server.go > starting HTTP server | bind_address=:9000",
        ):
            stamp = time.strftime("%Y/%m/%d %I:%M%p", time.gmtime(context.now()))
            yield line(f"{stamp} INF github.com/portainer/portainer/api/{said}", 2)
        return (yield from _until_ended())

    return _serving(steps(), {8000, 9000, 9443}, partial(_page, context, "Portainer", _engine))


def _until_ended() -> Steps:
    with suppress(Interrupted):
        yield FOREVER
    return 0


def _serving(steps: Steps, ports: set[int], site: Callable[[HttpRequest], HttpResponse]) -> Program:
    return Program(steps, term_code=0, ports=frozenset(ports), site=site, hears=_ENDING)


Draw = Callable[[Overview, dict[str, str]], Iterable[str]]


def _page(context: Context, name: str, draw: Draw, request: HttpRequest) -> HttpResponse:
    tongue = language(request.headers)
    say, seen = _TEXTS[tongue], context.overview()
    body = [f"<p>{say['nothing']}</p>"] if seen is None else draw(seen, say)
    page = f"""<!DOCTYPE html>
<html lang="{tongue}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="3">
<title>{name}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{name}</h1>
{"".join(body)}
<p>{say["simulated"].format(name)}</p>
</body>
</html>
"""
    return HttpResponse(page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def _swarm(seen: Overview, say: dict[str, str]) -> Iterable[str]:
    """A box for each node, with its tasks."""
    if not seen.manager:
        yield f"<p>{say['worker']}</p>"
    yield '<div class="nodes">'
    for node in seen.nodes:
        state = (
            node.state if node.availability == "active" else f"{node.state}, {node.availability}"
        )
        yield f"<section><h2>{html.escape(node.name)}</h2>"
        yield f"<p>{node.role}, {node.memory / 2**30:.1f} GiB, {html.escape(state)}</p><ul>"
        there = [task for task in seen.tasks if task.node == node.id][:_MOST]
        for task in there:
            yield f"<li>{html.escape(f'{task.name} · {task.image} · {task.state}')}</li>"
        yield f"</ul>{'' if there else '<p>' + say['none'] + '</p>'}</section>"
    yield "</div>"


def _engine(seen: Overview, say: dict[str, str]) -> Iterable[str]:
    """The engine's figures, its nodes, and a table of containers."""
    figures = (len(seen.containers), seen.images, seen.volumes, seen.networks)
    said = say["figures"].format(*figures)
    yield f"<p>{html.escape(seen.engine)}, Docker {seen.version}: {said}</p>"
    if seen.nodes:
        names = ", ".join(f"{node.name} ({node.role}, {node.state})" for node in seen.nodes)
        yield f"<h2>{say['nodes']}</h2><p>{html.escape(names)}</p>"
    yield f"<h2>{say['containers']}</h2><table><tr>"
    yield "".join(f"<th>{column}</th>" for column in say["columns"].split("|")) + "</tr>"
    for one in seen.containers[:_MOST]:
        cells = (one.name, one.image, one.state, one.address)
        yield "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
    yield "</table>"
