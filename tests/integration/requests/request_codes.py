"""What is said of requests, as codes: for a scene that nobody gave sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rilon.application.request_values import Standing, Words
from rilon.domain.officers import Officer
from rilon.policy.network import Network
from rilon.texts.rendering import Text


class Codes:
    """The number and the code of each text, with its parameters."""

    def heading(
        self, words: Words, standing: Standing, reader: Officer | None, network: Network
    ) -> Text:
        """`MPS-7K3F-4: question`"""
        return Text(f"{standing.course.request.number}: {words.kind.value}", None)

    def said(
        self,
        payload: Mapping[str, Any],
        standing: Standing | None,
        reader: Officer | None,
        network: Network,
        now: datetime,
    ) -> Text:
        """`MPS-7K3F-4: acknowledged (officer: idn.focal1)`"""
        about = f"{standing.course.request.number}: " if standing else ""
        named = ", ".join(f"{name}: {value}" for name, value in payload["parameters"].items())
        return Text(f"{about}{payload['text']}" + (f" ({named})" if named else ""), None)
