"""What the engine's socket, mounted into a container, tells a program of the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeenNode:
    """A node of the Swarm."""

    id: str
    name: str
    role: str
    state: str
    availability: str
    memory: int  # bytes


@dataclass(frozen=True, slots=True)
class SeenTask:
    """A task that is meant to run."""

    id: str
    name: str  # web.1
    node: str  # the id of its node; "" until it has one
    state: str
    image: str


@dataclass(frozen=True, slots=True)
class SeenContainer:
    """A container that a server may lead requests to."""

    id: str
    name: str
    image: str
    state: str
    address: str
    ports: tuple[int, ...]  # that its image exposes
    labels: Mapping[str, str]  # its own, and those of its service


@dataclass(frozen=True, slots=True)
class Overview:
    """The engine of the socket, and the Swarm where that engine is a manager.

    nodes, tasks: empty elsewhere. containers: of the engine, and on a manager of all services.
    """

    engine: str
    version: str
    manager: bool
    images: int
    volumes: int
    networks: int
    nodes: tuple[SeenNode, ...] = ()
    tasks: tuple[SeenTask, ...] = ()
    containers: tuple[SeenContainer, ...] = ()
