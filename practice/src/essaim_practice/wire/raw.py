"""Carries the bytes of a connection to a program in a container that speaks no HTTP, and back."""

from __future__ import annotations

import asyncio

from essaim_practice.programs.talk import Talk
from essaim_practice.wire.http import log

_PIECE = 4096  # bytes that a program hears before others have their turn


async def carry(talk: Talk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let both sides speak until one of them closes the connection."""
    news = asyncio.Event()
    talk.listener = news.set
    told = asyncio.ensure_future(news.wait())
    read = asyncio.ensure_future(reader.read(_PIECE))
    try:
        said = talk.hear(b"")
        while True:
            if said:
                writer.write(said)
                await writer.drain()
            if talk.closed:
                return
            if talk.ready:  # it has more to say, once others have had their turn
                await asyncio.sleep(0)
                said = talk.hear(b"")
                continue
            await asyncio.wait({told, read}, return_when=asyncio.FIRST_COMPLETED)
            said = b""
            if told.done():
                news.clear()
                told = asyncio.ensure_future(news.wait())
            if read.done():
                if not (data := read.result()):
                    return
                said += talk.hear(data)
                read = asyncio.ensure_future(reader.read(_PIECE))
    except OSError:
        pass  # the caller has gone
    except Exception:  # a bug of ours ends one connection, not the engine
        log.exception("a conversation broke")
    finally:
        talk.listener = None
        talk.end()
        for waiting in (told, read):
            waiting.cancel()
        writer.close()
