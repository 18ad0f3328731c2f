"""A learner whose every act is entered in a ledger, to be compared after a crash."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from bench.ledger import Ledger, Tally
from bench.pages import Learner
from bench.servers import PATIENCE, Server
from bench.work import PAGED, Work, client, settled, tasks_of, there
from core.commands.services import CreateService
from core.commands.swarm import InitSwarm, JoinSwarm
from core.labs.catalogue import LABS
from essaim_practice import PracticeClient

THINKING = (0.2, 1.5)  # seconds between two acts of one learner
ON_PAGES = 0.25  # of all acts


class Pupil:
    """A learner with a page and a docker client, and ledgers of all that was done with both."""

    def __init__(self, server: Server, number: int, chance: random.Random) -> None:
        self.number, self._server, self._chance = number, server, chance
        self.page = Learner(server.address)
        self.work = Work(chance)
        self.facts, self.numbers = Ledger(), Tally()
        self.host = server.host(self.page.key)
        self.still = ""
        self.failed: tuple[float, str] | None = None
        self.acts = 0

    def begin(self) -> None:
        """The first steps of the lab, and what stays to the end."""
        machines = {each.name: each for each in PracticeClient(self.host, PATIENCE).machines()}
        address = machines["node1"].address
        with client(self.host) as engine:
            InitSwarm(advertise_addr=address).run(engine)
            self.page.green("init")
            token = engine.swarm.attrs["JoinTokens"]["Worker"]
            for name in ("node2", "node3"):
                with client(machines[name].host) as other:
                    JoinSwarm(token=token, address=f"{address}:2377").run(other)
            self.page.green("join")
            CreateService(name="web", publish=("80:80",), image="nginx:latest").run(engine)
            self.page.green("create")
            engine.services.get("web").remove()
            self.work.begin(engine)
            until(lambda: settled(engine), "")
        made = {"still", PAGED}
        self.page.seen(lambda said: {each["name"] for each in said["services"]} == made)
        self.learn(do="ask")

    def act(self, over: threading.Event) -> None:
        """Work until it is over, or something fails."""
        self.failed, self.still = None, ""
        try:
            with client(self.host) as engine:
                self.still = tasks_of(engine, "still")
                while not over.wait(self._chance.uniform(*THINKING)):
                    if self._chance.random() < ON_PAGES:
                        self._on_the_page()
                    else:
                        self.work.act(engine)
                    self.acts += 1
        except Exception as error:
            self.failed = time.time(), f"{type(error).__name__}: {error}"

    def _on_the_page(self) -> None:
        number = self._chance.randrange(10**9)
        match self._chance.choice(("name", "skip", "vote", "scale")):
            case "name":
                with self.facts.write("name", f"Ada {number}"):
                    self.learn(do="name", name=f"Ada {number}")
            case "skip":
                self.learn(do="skip", lab=self._chance.choice(LABS).name)
            case "vote":
                self.learn(do="vote", voter=f"voter{number}")
            case "scale":
                replicas = self._chance.randint(1, 4)
                with self.work.ledger.write(f"service {PAGED}", f"{replicas} of "):
                    self.learn(do="scale", service=PAGED, replicas=str(replicas))

    def learn(self, **asked: str) -> None:
        """Do it on a page of the dashboard's, and enter how much there is of all."""
        self._keep(self._ask("learn", **asked))

    def _ask(self, what: str, **asked: str) -> dict[str, Any]:
        address = f"{self._server.address}/bench/{what}"
        answer = requests.get(address, {"key": self.page.key, **asked}, timeout=PATIENCE)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _keep(self, kept: dict[str, Any]) -> None:
        for name, count in kept["numbers"].items():
            self.numbers.reached(name, count)
        if self.facts.value("question") is None:
            with self.facts.write("question", str(kept["question"])):
                pass

    def replicas(self) -> list[str]:
        """How many replicas each of its services should have."""
        services = self.work.ledger.things("service")
        return [(self.work.ledger.value(each) or "").partition(" of ")[0] for each in services]

    def compare(self, crash: float, wrong: Callable[[str], None]) -> None:
        """Find what is not there, then go on from what is."""
        with client(self.host) as engine:
            here = there(engine)
        kept = self._ask("kept")
        facts = {"question": str(kept["question"])} | (
            {"name": kept["name"]} if kept["name"] else {}
        )
        for fault in (
            *self.work.ledger.faults(here, crash),
            *self.facts.faults(facts, crash),
            *self.numbers.faults(kept["numbers"], crash),
        ):
            wrong(f"{fault.kind}: {fault.sentence}")
        self.work.ledger.settle(here)
        self.facts.settle(facts)
        self.numbers.settle(kept["numbers"])
        for shown in self.page.exceptions:
            wrong(f"its page shows an exception: {shown}")
        self.page.exceptions.clear()

    def comes_to_rest(self, wrong: Callable[[str], None]) -> None:
        """Swarm makes it so again, and the page shows it."""
        try:
            with client(self.host) as engine:
                until(lambda: settled(engine), "")
            wanted = {each.partition(" ")[2] for each in self.work.ledger.things("service")}
            self.page.seen(lambda said: {each["name"] for each in said["services"]} == wanted)
        except Exception as error:
            wrong(f"it does not come to rest: {type(error).__name__}: {error}")

    def noticed(self, crash: float, wrong: Callable[[str], None]) -> None:
        """Whether a crash of somebody else's worker was felt here."""
        if self.failed:
            after, what = self.failed[0] - crash, self.failed[1]
            wrong(f"felt by another worker's learner, {after:.2f} s after it: {what}")
        with client(self.host) as engine:
            now = tasks_of(engine, "still")
            if self.still and now != self.still:
                wrong(f"a task of another worker's cluster was {self.still} and is {now}")
        for at, trouble in self.page.troubles:
            if at > crash:
                wrong(f"another worker's page says: {trouble}")


def until(answer: Callable[[], object], wanted: object) -> float:
    """Ask until it answers so; when. Raises TimeoutError with the last answer."""
    end = time.monotonic() + PATIENCE
    while (said := answer()) != wanted:
        if time.monotonic() > end:
            raise TimeoutError(str(said))
        time.sleep(0.1)
    return time.time()
