"""What a learner does on a cluster with a docker client, and all of it that is there afterwards."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import docker
from docker.errors import NotFound
from docker.types import ServiceMode

from bench.ledger import Ledger

PAGED = "paged"  # a service that pages scale: what comes of that depends on no other act
DESK = "desk"  # a container to work in, with a volume
PLACES = {"file": "/root", "shelved": "/shelf"}  # where its files are: its own layer, its volume
MOST = 5  # of a kind: what is more goes
#: Seconds without an answer until a client gives up. A process that is gone refuses at once.
ANSWER = 30.0
SLEEP = ["sleep", "1000000"]


def content(number: int) -> bytes:
    """Of a file: whoever reads it can tell whether it is whole. Up to about 60 kB."""
    line = f"{number}\n".encode()
    return line * (1 + number * 7919 % 10_000) + b"end\n"


def number_in(data: bytes) -> str:
    """The number whose content this is."""
    first = data.partition(b"\n")[0]
    whole = first.isdigit() and content(int(first)) == data
    return first.decode() if whole else f"torn: {len(data)} bytes that begin with {data[:20]!r}"


@contextmanager
def client(host: str) -> Iterator[docker.DockerClient]:
    made = docker.DockerClient(base_url=host, version="auto", timeout=ANSWER)
    try:
        yield made
    finally:
        made.close()


class Work:
    """Acts on one cluster, each entered in the ledger; the numbers are never used twice."""

    def __init__(self, chance: random.Random) -> None:
        self.ledger = Ledger()
        self._chance = chance
        self._number = 0

    def begin(self, engine: docker.DockerClient) -> None:
        """The containers and services that stay to the end."""
        engine.images.pull("alpine", "latest")
        engine.containers.run(
            "alpine",
            SLEEP,
            name=DESK,
            detach=True,
            restart_policy={"Name": "always"},
            volumes={"shelf": {"bind": PLACES["shelved"], "mode": "rw"}},
        )
        for name in ("still", PAGED):
            engine.services.create(
                "alpine", SLEEP, name=name, constraints=["node.role==manager"], stop_grace_period=0
            )
        self.ledger.settle(there(engine))

    def act(self, engine: docker.DockerClient) -> None:
        """One act of many."""
        acts: tuple[tuple[int, Callable[[docker.DockerClient], None]], ...] = (
            (4, self._service),
            (4, self._change_service),
            (4, self._archive),
            (4, self._exec),
            (2, self._volume),
            (1, self._network),
            (1, self._secret),
            (2, self._container),
            (1, self._image),
            (1, self._node),
        )
        [chosen] = self._chance.choices([a for _, a in acts], [weight for weight, _ in acts])
        chosen(engine)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _crowded(self, kind: str) -> str:
        """The name of one to remove, where there are many; '' for none."""
        names = self.ledger.things(kind)
        return self._chance.choice(names).partition(" ")[2] if len(names) >= MOST else ""

    def _service(self, engine: docker.DockerClient) -> None:
        if name := self._crowded("service"):
            if name not in ("still", PAGED):
                with self.ledger.write(f"service {name}", None):
                    engine.services.get(name).remove()
            return
        number = self._next()
        replicas, name = self._chance.randint(1, 3), f"s{number}"
        with self.ledger.write(f"service {name}", f"{replicas} of {number}"):
            engine.services.create(
                "alpine",
                SLEEP,
                name=name,
                mode=ServiceMode("replicated", replicas),
                env=[f"NUMBER={number}"],
                labels={"number": str(number)},
                stop_grace_period=0,
            )

    def _change_service(self, engine: docker.DockerClient) -> None:
        stay = ("service still", f"service {PAGED}")
        names = [each for each in self.ledger.things("service") if each not in stay]
        if not names:
            return
        name, number = self._chance.choice(names).partition(" ")[2], self._next()
        replicas = self._chance.randint(1, 4)
        with self.ledger.write(f"service {name}", f"{replicas} of {number}"):
            engine.services.get(name).update(
                mode=ServiceMode("replicated", replicas),
                env=[f"NUMBER={number}"],
                labels={"number": str(number)},
            )

    def _archive(self, engine: docker.DockerClient) -> None:
        """A file that comes as a whole, new or in place of another."""
        kind, number = self._chance.choice(list(PLACES)), self._next()
        name = f"a{self._chance.randrange(MOST)}"
        data, packed = content(number), io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        with self.ledger.write(f"{kind} {name}", str(number)):
            engine.containers.get(DESK).put_archive(PLACES[kind], packed.getvalue())

    def _exec(self, engine: docker.DockerClient) -> None:
        """A file that a shell makes, and then moves to its place."""
        kind, number = self._chance.choice(list(PLACES)), self._next()
        name, place = f"x{self._chance.randrange(MOST)}", PLACES[kind]
        repeats = content(number).count(b"\n") - 1
        line = f"{{ yes {number} | head -n {repeats}; echo end; }} > /tmp/{name}"
        line += f" && mv /tmp/{name} {place}/{name}"
        with self.ledger.write(f"{kind} {name}", str(number)):
            done = engine.containers.get(DESK).exec_run(["sh", "-c", line])
            if done.exit_code:
                raise OSError(f"the shell ends with {done.exit_code}: {done.output!r}")

    def _volume(self, engine: docker.DockerClient) -> None:
        if name := self._crowded("volume"):
            if name != "shelf":
                with self.ledger.write(f"volume {name}", None):
                    engine.volumes.get(name).remove()
            return
        number = self._next()
        with self.ledger.write(f"volume v{number}", str(number)):
            engine.volumes.create(f"v{number}", labels={"number": str(number)})

    def _network(self, engine: docker.DockerClient) -> None:
        if name := self._crowded("network"):
            with self.ledger.write(f"network {name}", None):
                engine.networks.get(name).remove()
            return
        number = self._next()
        driver = self._chance.choice(("overlay", "bridge"))
        with self.ledger.write(f"network n{number}", f"{driver} {number}"):
            engine.networks.create(f"n{number}", driver, labels={"number": str(number)})

    def _secret(self, engine: docker.DockerClient) -> None:
        if name := self._crowded("secret"):
            with self.ledger.write(f"secret {name}", None):
                engine.secrets.get(name).remove()
            return
        number = self._next()
        with self.ledger.write(f"secret k{number}", str(number)):
            labels = {"number": str(number)}
            engine.secrets.create(name=f"k{number}", data=b"secret", labels=labels)

    def _container(self, engine: docker.DockerClient) -> None:
        if name := self._crowded("container"):
            if name != DESK:
                with self.ledger.write(f"container {name}", None):
                    engine.containers.get(name).remove(force=True)
            return
        number, policy = self._next(), self._chance.choice(("always", "no"))
        with self.ledger.write(f"container c{number}", f"{policy} {number}"):
            engine.containers.run(
                "alpine",
                SLEEP,
                name=f"c{number}",
                detach=True,
                restart_policy={"Name": policy},
                labels={"number": str(number)},
            )

    def _image(self, engine: docker.DockerClient) -> None:
        if name := self._crowded("image"):
            with self.ledger.write(f"image {name}", None):
                engine.images.remove(f"own:{name}")
            return
        number = self._next()
        lines = f"FROM alpine\nLABEL number={number}\nRUN echo {number} > /built\n"
        with self.ledger.write(f"image {number}", str(number)):
            engine.images.build(fileobj=io.BytesIO(lines.encode()), tag=f"own:{number}")

    def _node(self, engine: docker.DockerClient) -> None:
        wished = self._chance.choice(("active", "pause", "drain"))
        with self.ledger.write("node node3", wished):
            [node] = engine.nodes.list(filters={"name": "node3"})
            node.update({**node.attrs["Spec"], "Availability": wished})


def there(engine: docker.DockerClient) -> dict[str, str]:
    """All that the ledger speaks of, as it is."""
    found = {}
    for node in engine.nodes.list():
        found[f"node {node.attrs['Description']['Hostname']}"] = node.attrs["Spec"]["Availability"]
    for service in engine.services.list():
        found[f"service {service.name}"] = _service_value(service.attrs["Spec"])
    for volume in engine.volumes.list():
        found[f"volume {volume.name}"] = (volume.attrs["Labels"] or {}).get("number", "")
    for network in engine.networks.list():
        if (number := (network.attrs["Labels"] or {}).get("number")) is not None:
            found[f"network {network.name}"] = f"{network.attrs['Driver']} {number}"
    for secret in engine.secrets.list():
        spec = secret.attrs["Spec"]
        found[f"secret {spec['Name']}"] = spec["Labels"]["number"]
    for container in engine.containers.list(all=True, ignore_removed=True):
        if "com.docker.swarm.task" not in container.labels:
            policy = container.attrs["HostConfig"]["RestartPolicy"]["Name"]
            value = f"{policy} {container.labels.get('number', '')}".strip()
            found[f"container {container.name}"] = value
    for image in engine.images.list("own"):
        for tag in image.tags:
            found[f"image {tag.partition(':')[2]}"] = _image_value(engine, image)
    for kind, place in PLACES.items():
        with suppress(NotFound):
            for name, data in files(engine.containers.get(DESK), place).items():
                found[f"{kind} {name}"] = number_in(data)
    return found


def _service_value(spec: dict[str, Any]) -> str:
    number = spec.get("Labels", {}).get("number", "")
    env = spec["TaskTemplate"]["ContainerSpec"].get("Env") or ["NUMBER="]
    if env != [f"NUMBER={number}"]:
        return f"torn: {env}, and the label {number}"
    return f"{spec['Mode']['Replicated']['Replicas']} of {number}"


def _image_value(engine: docker.DockerClient, image: Any) -> str:
    number = image.labels.get("number", "")
    box = engine.containers.create(image.id, SLEEP)
    try:
        built = files(box, "/built")["built"].decode().strip()
    finally:
        box.remove()
    return str(number) if built == number else f"torn: {built!r}, and the label {number}"


def files(container: Any, path: str) -> dict[str, bytes]:
    """The files of a folder, or the file itself, by name."""
    stream, _stat = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
        return {
            each.name.rpartition("/")[2]: opened.read()
            for each in tar
            if (opened := tar.extractfile(each)) is not None
        }


def settled(engine: docker.DockerClient) -> str:
    """What does not run yet that should; '' once all does."""
    for node in engine.nodes.list():
        if node.attrs["Status"]["State"] != "ready":
            return f"{node.attrs['Description']['Hostname']} is {node.attrs['Status']['State']}"
    for service in engine.services.list():
        wanted = service.attrs["Spec"]["Mode"]["Replicated"]["Replicas"]
        tasks = service.tasks({"desired-state": "running"})
        if (running := sum(each["Status"]["State"] == "running" for each in tasks)) != wanted:
            return f"{service.name} runs {running} of {wanted}"
    for container in engine.containers.list(all=True, ignore_removed=True):
        policy = container.attrs["HostConfig"]["RestartPolicy"]["Name"]
        # One that was created and not yet started when the machine lost power stays so.
        if policy == "always" and container.status not in ("running", "created"):
            return f"{container.name} is {container.status}"
    return ""


def tasks_of(engine: docker.DockerClient, service: str) -> str:
    """Which tasks run for it, in which containers, since when."""
    tasks = engine.services.get(service).tasks({"desired-state": "running"})
    return "; ".join(
        f"{task['ID']} {task['Status']['ContainerStatus'].get('ContainerID')} "
        f"{task['Status']['Timestamp']} {task['Status']['State']}"
        for task in tasks
    )
