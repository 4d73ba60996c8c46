"""The audit service's figures for an operator's monitoring. Counts only: nothing about people."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from rilon.storage.sequencer import State


class Metrics:
    """Counters and gauges in a registry of their own."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.sequenced = Counter(
            "rilon_ledger_sequenced", "Entries that got their index", registry=registry
        )
        self.batches = Counter("rilon_ledger_batches", "Batches of entries", registry=registry)
        self.size = Gauge(
            "rilon_ledger_checkpoint_size", "Entries under the newest checkpoint", registry=registry
        )
        self.waiting = Gauge(
            "rilon_ledger_waiting", "Entries without an index yet", registry=registry
        )
        self.requests = Counter(
            "rilon_audit_requests",
            "Requests by route and status",
            ["route", "status"],
            registry=registry,
        )
        self._state = Gauge(
            "rilon_ledger_sequencer_state",
            "1 for what the sequencer is doing",
            ["state"],
            registry=registry,
        )

    def batch(self, entries: int) -> None:
        """Count one batch that got its indexes."""
        self.sequenced.inc(entries)
        self.batches.inc()

    def state(self, now: State) -> None:
        """Show what the sequencer is doing."""
        for each in State:
            self._state.labels(each.value).set(each is now)

    def written(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)
