"""A gate that does nothing but one durable commit: the least that an answer can cost here.

It speaks the gate's protocol over HTTP on loopback, writes one row, and accepts. What the real
gate takes beyond it is decryption, decision and record. `python -m bench.trivial_gate DSN`
prints the port on which it listens.
"""

from __future__ import annotations

import asyncio
import sys

import asyncpg
from aiohttp import web

from rilon.gate.protocol import JUDGE_PATH, Accepted, read_question, write_answer

_TABLE = "CREATE TABLE IF NOT EXISTS trivial_gate (event_id text NOT NULL)"
_NOTE = "INSERT INTO trivial_gate (event_id) VALUES ($1)"


async def serve(dsn: str) -> None:
    """Listens until the process is ended."""
    pool = await asyncpg.create_pool(dsn, min_size=2, ssl=False)
    await pool.execute(_TABLE)

    async def judge(request: web.Request) -> web.Response:
        question = read_question(await request.read())
        await pool.execute(_NOTE, str(question.event["event_id"]))
        return web.json_response(write_answer(Accepted()))

    application = web.Application()
    application.add_routes([web.post(JUDGE_PATH, judge)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
