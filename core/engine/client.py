"""docker-py's two clients, for every way to an engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker

from core.engine import contexts, ssh


class Api(docker.APIClient):  # type: ignore[misc]  # docker-py has no types
    """docker-py's client, which leaves no socket open where its first question finds no answer.

    dialer: how to reach an ``ssh://`` address. trusting: whether a proxy of the environment may be
    used. sent: headers of every request.
    """

    def __init__(
        self,
        base_url: str,
        timeout: int,
        dialer: ssh.Dialer | None,
        trusting: bool,
        sent: Mapping[str, str],
        **options: Any,
    ) -> None:
        self._dialer, self._trusting, self._sent = dialer, trusting, sent
        # Any socket: it is not asked before the dialer is mounted, see below.
        url = f"unix://{contexts.SOCKET}" if dialer else base_url
        super().__init__(base_url=url, version="auto", timeout=timeout, **options)

    def _retrieve_server_version(self) -> str:
        self.trust_env = self._trusting
        self.headers.update(self._sent)
        try:
            if self._dialer:
                self._custom_adapter = self._dialer.adapter(self.timeout)
                self.mount("http+docker://", self._custom_adapter)
            return str(super()._retrieve_server_version())
        except BaseException:
            self.close()
            raise

    def merge_environment_settings(self, *asked: Any) -> dict[str, Any]:
        settings: dict[str, Any] = super().merge_environment_settings(*asked)
        if self.verify is not True:  # else REQUESTS_CA_BUNDLE would count more than the engine's CA
            settings["verify"] = self.verify
        return settings


class Client(docker.DockerClient):  # type: ignore[misc]  # docker-py has no types
    """docker-py's other client, around one that is made already."""

    def __init__(self, api: docker.APIClient) -> None:
        self.api = api
