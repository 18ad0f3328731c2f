"""A machine's file routes, as little of them as the dashboard's own side can be tried against."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


@dataclass(slots=True)
class FakeEngine:
    """One machine. files: contents by path, None for a folder. heard: methods and paths."""

    files: dict[str, bytes | None] = field(default_factory=lambda: {"/root": None})
    heard: list[tuple[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        routes = [
            ("files", self.names, ["GET", "POST"]),
            ("file", self.file, ["GET", "PUT", "DELETE"]),
            ("rename", self.rename, ["POST"]),
            ("archive", self.archive, ["GET", "PUT"]),
        ]
        return Starlette(
            routes=[
                Route(f"/{{engine:path}}_practice/machine/{part}", answer, methods=methods)
                for part, answer, methods in routes
            ]
        )

    async def names(self, request: Request) -> Response:
        path = await self._path(request)
        if request.method == "POST":
            if path in self.files:
                return _error(409, f"{path}: File exists")
            self.files[path] = None
            return JSONResponse({}, 201)
        if self.files.get(path, b"") is not None:
            return _error(404, f"{path}: No such file or directory")
        inside = [each for each in self.files if each.rpartition("/")[0] == path]
        entries = [
            {
                "name": each.rpartition("/")[2],
                "kind": "folder" if self.files[each] is None else "file",
                "size": len(self.files[each] or b""),
                "mode": 0o644,
                "mtime": 0,
            }
            for each in sorted(inside)
        ]
        return JSONResponse({"path": path, "entries": entries, "version": 1})

    async def file(self, request: Request) -> Response:
        path = await self._path(request)
        held = self.files.get(path)
        if request.method == "PUT":
            wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
            if (unwanted and held is not None) or (wanted and wanted != tag(held or b"")):
                return _error(412, f"{path} has changed")
            self.files[path] = content = await request.body()
            return JSONResponse({}, headers={"ETag": tag(content)})
        if path not in self.files:
            return _error(404, f"{path}: No such file or directory")
        if request.method == "DELETE":
            self.files = {
                each: held for each, held in self.files.items() if f"{each}/".find(f"{path}/") != 0
            }
            return Response(status_code=204)
        if held is None:
            return _error(400, f"{path}: Is a directory")
        return Response(held, headers={"ETag": tag(held)})

    async def rename(self, request: Request) -> Response:
        asked = await request.json()
        self.heard.append(("POST", f"{asked['from']} {asked['to']}"))
        self.files[asked["to"]] = self.files.pop(asked["from"])
        return JSONResponse({})

    async def archive(self, request: Request) -> Response:
        path = await self._path(request)
        if request.method == "PUT":
            with tarfile.open(fileobj=io.BytesIO(await request.body())) as sent:
                for member in sent:
                    held = sent.extractfile(member)
                    self.files[f"{path}/{member.name}"] = held.read() if held else None
            return JSONResponse({})
        packed, top = io.BytesIO(), path.rpartition("/")[0]
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for each, content in self.files.items():
                if f"{each}/".startswith(f"{path}/"):
                    member = tarfile.TarInfo(each.removeprefix(f"{top}/"))
                    member.size = len(content or b"")
                    member.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
                    tar.addfile(member, io.BytesIO(content or b""))
        return Response(packed.getvalue(), media_type="application/x-tar")

    async def _path(self, request: Request) -> str:
        made = request.method == "POST"
        path = str((await request.json())["path"] if made else request.query_params["path"])
        self.heard.append((request.method, path))
        return path


def _error(status: int, text: str) -> Response:
    return JSONResponse({"message": text}, status)
