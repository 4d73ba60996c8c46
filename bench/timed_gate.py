"""The gate's module with a stopwatch: what it adds to a send, from its call to its answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rilon.gate.module import GateModule, GateSettings
from rilon.gate.protocol import GateAnswer


class TimedGate(GateModule):
    """Notes the microseconds of each judgement in the file of its setting `times`."""

    times: Path

    @staticmethod
    def parse_config(config: Any) -> GateSettings:
        TimedGate.times = Path(config["times"])
        return GateModule.parse_config({k: v for k, v in config.items() if k != "times"})

    async def _judge(self, event: Any) -> GateAnswer:
        begun = time.perf_counter_ns()
        answer = await super()._judge(event)
        if event.type == "m.room.encrypted":
            spent = (time.perf_counter_ns() - begun) // 1000
            with self.times.open("a") as file:
                file.write(f"{spent}\n")
        return answer
