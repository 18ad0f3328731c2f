"""docker version and docker info: the engine that answers, and its place in the Swarm."""

from __future__ import annotations

import docker

from core.cluster.engine_json import Json, items, part, text
from core.commands.command import Client, Command, Report, command
from core.commands.table import memory


@command("version")
class Version(Command):
    """Show the versions of the client and of the engine."""

    def _python(self) -> str:
        return 'version = client.version()\nprint(version["Version"], version["ApiVersion"])\n'

    def _run(self, client: Client, report: Report) -> str:
        server = client.version()
        name = text(server, "Platform", "Name")
        least = server.get("MinAPIVersion", "")
        return "\n".join(
            [
                "Client: docker-py",
                f" Version:           {docker.__version__}",
                f" API version:       {client.api.api_version}",
                "",
                f"Server: {name}".rstrip(": ") + ":" * (not name),
                " Engine:",
                f"  Version:          {server['Version']}",
                f"  API version:      {server['ApiVersion']} (minimum version {least})",
                f"  Go version:       {server.get('GoVersion', '')}",
                f"  Git commit:       {server.get('GitCommit', '')}",
                f"  Built:            {server.get('BuildTime', '')}",
                f"  OS/Arch:          {server['Os']}/{server['Arch']}",
            ]
        )


@command("info")
class Info(Command):
    """Show what the engine is made of, and its place in the Swarm."""

    def _python(self) -> str:
        return """\
info = client.info()
print(info["Name"], info["ServerVersion"], info["Swarm"]["LocalNodeState"])
print(info["ContainersRunning"], "of", info["Containers"], "containers run")
"""

    def _run(self, client: Client, report: Report) -> str:
        info = client.info()
        return "\n".join(
            [
                "Server:",
                f" Containers: {info['Containers']}",
                f"  Running: {info['ContainersRunning']}",
                f"  Paused: {info['ContainersPaused']}",
                f"  Stopped: {info['ContainersStopped']}",
                f" Images: {info['Images']}",
                f" Server Version: {info['ServerVersion']}",
                f" Storage Driver: {info['Driver']}",
                f" Logging Driver: {info['LoggingDriver']}",
                *_swarm(part(info, "Swarm")),
                f" Kernel Version: {info['KernelVersion']}",
                f" Operating System: {info['OperatingSystem']}",
                f" OSType: {info['OSType']}",
                f" Architecture: {info['Architecture']}",
                f" CPUs: {info['NCPU']}",
                f" Total Memory: {memory(info['MemTotal'])}",
                f" Name: {info['Name']}",
                f" ID: {info['ID']}",
                *[f"WARNING: {warning}" for warning in items(info, "Warnings")],
            ]
        )


def _swarm(swarm: Json) -> list[str]:
    state = text(swarm, "LocalNodeState") or "inactive"
    lines = [f" Swarm: {state}"]
    if state in ("inactive", "locked"):
        return lines
    manager = swarm["ControlAvailable"]
    lines += [f"  NodeID: {swarm['NodeID']}"]
    lines += [f"  Error: {swarm['Error']}"] if swarm.get("Error") else []
    lines += [f"  Is Manager: {str(manager).lower()}"]
    if manager:
        lines += [f"  Managers: {swarm['Managers']}", f"  Nodes: {swarm['Nodes']}"]
    lines += [f"  Node Address: {swarm['NodeAddr']}", "  Manager Addresses:"]
    return lines + sorted(f"   {peer['Addr']}" for peer in items(swarm, "RemoteManagers"))
