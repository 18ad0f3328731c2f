"""Traffic on a page: the live picture of a run, the strip, and how a run is started."""

from __future__ import annotations

from collections.abc import Callable

from core.commands.services import CreateService
from core.errors import EssaimError
from core.traffic.plan import Plan
from core.ui.empty import empty
from core.ui.lines import button
from core.ui.live import component
from core.ui.session import Done, _, control, viewer, who

_picture = component("traffic", "traffic.css")

_strip = component("strip", "traffic.css", script="traffic")


def may_send() -> bool:
    """Whether this viewer may start and stop traffic."""
    return control().may(Plan, viewer().right)


def begin(make: Callable[[], Plan]) -> None:
    """Start a run, and keep it as the last action."""
    here = viewer()
    here.right.acted()
    line, python = "", ""
    refused: EssaimError | None = None
    try:
        plan = make()
        run = control().send(plan, who(), here.right)
        ways = [endpoint.way for endpoint in run.endpoints]
        line, python = plan.line(ways), plan.python(ways)
    except EssaimError as refusal:
        refused = refusal
    here.done = Done(line, python, refused)


def nothing(name: str, told: str) -> None:
    """That no service publishes a port, and a button that makes one. name: of a picture."""

    def create() -> None:
        button(
            _("Create web: nginx, 3 replicas, port 80"),
            lambda: CreateService(name="web", image="nginx:latest", publish=("80:80",), replicas=3),
            CreateService,
            key="traffic_create",
            icon=":material/add:",
            primary=True,
        )

    empty(name, told, create)


def picture(plan: Callable[[], Plan]) -> None:
    """The whole picture of the current run, or of the last one. plan: made by Start."""
    _mount(_picture, plan, _words() | {"start": _("Start")}, compact=False)


def strip(plan: Callable[[], Plan]) -> None:
    """The run in three lines, with a button that starts one."""
    _mount(_strip, plan, _words(), compact=True)


def _mount(
    component: Callable[..., None], plan: Callable[[], Plan], words: dict[str, str], compact: bool
) -> None:
    def pressed(action: object) -> None:
        if action == "start":
            begin(plan)
        elif action in ("pause", "resume", "stop") and may_send():
            getattr(control().traffic, str(action))()

    component(compact=compact, may=may_send(), words=words, on={"act": pressed})


def _words() -> dict[str, str]:
    return {
        "start": _("Send 10 requests per second"),
        "pause": _("Pause"),
        "resume": _("Resume"),
        "stop": _("Stop"),
        "sent": _("sent"),
        "answered": _("answered"),
        "failed": _("failed"),
        "waiting": _("waiting"),
        "unknown": _("({count} answered by an unknown replica)"),
        "idle": _(
            "Nothing is sent yet. Choose above, then press Start: each request becomes a dot that "
            "travels from the node that takes it in to the replica that answers it."
        ),
        "flow": _("Each dot is a request: taken in at the left, answered at the right"),
        "fairness": _("Fairness."),
        "answered_title": _("Answered by each replica, by node"),
        "latency_title": _("Time until the answer, and failures, each second"),
        "percentiles": _(
            "Of all answers, half came within {p50} ms, 95 % within {p95} ms, 99 % within {p99} ms."
        ),
        "reports_title": _("What was done meanwhile, and what Swarm did about it"),
        "empty": _("no replica here"),
        "runs_title": _("This run, and those before it"),
        "runs": "|".join(
            (
                _("Traffic"),
                _("sent"),
                _("failed"),
                _("answered by each replica"),
                _("fairness"),
                _("median / 95 %"),
            )
        ),
    }
