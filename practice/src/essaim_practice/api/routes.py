"""Every part of the API: importing this module fills the table of routes."""

from essaim_practice.api import build as api_build
from essaim_practice.api import clock as api_clock
from essaim_practice.api import commit as api_commit
from essaim_practice.api import containers as api_containers
from essaim_practice.api import engines as api_engines
from essaim_practice.api import exec as api_exec
from essaim_practice.api import faults as api_faults
from essaim_practice.api import figures as api_figures
from essaim_practice.api import files as api_files
from essaim_practice.api import images as api_images
from essaim_practice.api import networks as api_networks
from essaim_practice.api import nodes as api_nodes
from essaim_practice.api import practice as api_practice
from essaim_practice.api import registry as api_registry
from essaim_practice.api import secrets as api_secrets
from essaim_practice.api import service_logs as api_service_logs
from essaim_practice.api import services as api_services
from essaim_practice.api import signals as api_signals
from essaim_practice.api import streams as api_streams
from essaim_practice.api import swarm as api_swarm
from essaim_practice.api import system as api_system
from essaim_practice.api import tasks as api_tasks
from essaim_practice.api import unplayed as api_unplayed
from essaim_practice.api import volumes as api_volumes

__all__ = [
    "api_build",
    "api_clock",
    "api_commit",
    "api_containers",
    "api_engines",
    "api_exec",
    "api_faults",
    "api_figures",
    "api_files",
    "api_images",
    "api_networks",
    "api_nodes",
    "api_practice",
    "api_registry",
    "api_secrets",
    "api_service_logs",
    "api_services",
    "api_signals",
    "api_streams",
    "api_swarm",
    "api_system",
    "api_tasks",
    "api_unplayed",
    "api_volumes",
]
