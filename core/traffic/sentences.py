"""The sentences about a run: the latest answer, the fairness, the actions of Swarm."""

from __future__ import annotations

from core.cluster.public import readable
from core.i18n import Translate, number
from core.presentation.marks import describe, update
from core.traffic.fairness import Shares
from core.traffic.ledger import Request
from core.traffic.status import Status
from core.traffic.story import Report, Step

#: Seconds: the managers are not asked often enough to tell of less.
SOON = 0.5
#: Jain's index from which shares are called equal.
FAIR = 0.99


def latest(request: Request | None, _: Translate) -> str:
    if request is None or request.replica is None:
        return ""
    return _("Entered by {entry}, answered by {replica} on {node} in {ms} ms.").format(
        entry=request.entry,
        replica=request.replica.name,
        node=request.replica.node,
        ms=number(request.seconds * 1000, _, 1),
    )


def fairness(shares: Shares, keep_alive: bool, _: Translate) -> str:
    """The meaning of the index; and since when it counts, where that is not the whole run."""
    said = _fairness(shares, keep_alive, _)
    if not said or not shares.anew:
        return said
    return f"{said} " + _(
        "This counts from when the replicas last changed; the numbers on the replicas are those of "
        "the whole run."
    )


def _fairness(shares: Shares, keep_alive: bool, _: Translate) -> str:
    counts = dict(shares.counts)
    if shares.index is None:
        return ""
    if len(counts) == 1:
        return _("One replica answers everything: there is nothing to share.")
    most, least = max(counts, key=lambda name: counts[name]), min(counts.values())
    if not least and counts[most] == sum(counts.values()):
        if keep_alive:
            return _(
                "{replica} answered everything: a connection that is kept alive stays with the "
                "replica that it was given. Only new connections are balanced."
            ).format(replica=most)
        return _("{replica} answered everything so far.").format(replica=most)
    if least == counts[most]:
        return _("Each of the {count} replicas got the same: {most} requests.").format(
            count=len(counts), most=number(least, _)
        )
    if shares.index >= FAIR:
        return _(
            "Each of the {count} replicas got its share: {least} to {most} requests each."
        ).format(count=len(counts), least=number(least, _), most=number(counts[most], _))
    return _(
        "The replicas got {least} to {most} requests each. 1 would be the same for all, "
        "{worst} everything to one."
    ).format(
        least=number(least, _), most=number(counts[most], _), worst=number(1 / len(counts), _, 2)
    )


def state(status: Status, _: Translate) -> str:
    """The state of the run, or the reason of its end."""
    if status.state != "ended":
        sentences = {
            "running": _("Sending"),
            "paused": _("Paused"),
            "ending": _("Waiting for the last answers"),
        }
        return sentences[status.state]
    if status.error:
        return status.error.said(_)
    reasons = {
        "stopped": _("Stopped"),
        "unwatched": _("Stopped, because nobody watched"),
        "gone": _("Stopped: the service no longer publishes this port"),
    }
    return reasons.get(status.why, _("Done"))


def plan(status: Status, _: Translate) -> str:
    """The plan of the run, in few words."""
    asked = status.plan
    kind = _("kept alive") if asked.keep_alive else _("new for each request")
    entry = status.endpoints[0].name if asked.entry else _("every node in turn")
    return f"{status.service} · {asked.rate:g}/s · {kind} · {entry}"


def failures(errors: dict[str, int], culprits: dict[tuple[str, str], int], _: Translate) -> str:
    """The reasons of failures, the most frequent first, with the replicas that gave them."""
    names = {
        "refused": _("connection refused"),
        "timeout": _("no answer within 5 s"),
        "broken": _("connection broken"),
        "unreachable": _("not reachable"),
    }
    told = []
    for error, count in sorted(errors.items(), key=lambda item: -item[1]):
        told.append(f"{number(count, _)} × {names.get(error, error)}")
        by = [f"{name} ({culprits[why, name]})" for why, name in sorted(culprits) if why == error]
        if by:
            told[-1] += " " + _("from {replicas}").format(replicas=" ".join(by))
    return ", ".join(told)


def title(report: Report, _: Translate) -> str:
    """The event that a report began with."""
    if report.marks:
        return describe(report.marks, _)
    return step(report.steps[0], _) if report.steps else ""


def outcome(report: Report, ended: int, failed: int, _: Translate) -> str:
    """How many requests failed, and how long it took until all was well."""
    said = _("{failed} of {ended} requests failed.").format(
        failed=number(failed, _), ended=number(ended, _)
    )
    if report.well is None:
        now = _("Not yet well: {running} of {wanted} replicas run.").format(
            running=report.running, wanted=report.wanted
        )
        return f"{said} {now}"
    took = report.well - report.began
    if took < SOON:
        return f"{said} " + _("All was well within half a second.")
    return f"{said} " + _("All was well after {seconds} s.").format(seconds=number(took, _, 1))


def step(each: Step, _: Translate) -> str:
    """What happened, in one line."""
    if each.kind == "mark":
        return describe([each.mark], _) if each.mark else ""
    if each.kind == "update":
        state, colon, message = each.detail.partition(":")
        return _("Update {detail}").format(detail=f"{update(state, _)}{colon}{message}")
    text = {
        "told": _("{replicas} on {node}: told to stop"),
        "placed": _("{replicas}: new, placed on {node}"),
        "runs": _("{replicas} on {node}: running"),
        "stopped": _("{replicas} on {node}: stopped"),
        "failed": _("{replicas} on {node}: failed, {detail}"),
        "lost": _("{replicas} on {node}: given up, its node is gone"),
    }[each.kind]
    detail = readable(each.detail, _) or "?"
    return text.format(replicas=", ".join(each.replicas), node=each.node or "?", detail=detail)
