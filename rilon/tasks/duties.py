"""Celery's tasks: a name, nothing but ids as arguments, one call of the application.

What the duties do is wired in by `rilon.bootstrap.worker` when the process starts; a task
never makes anything itself. Each duty may run twice, or late, and then changes nothing more.
"""

from __future__ import annotations

from typing import Protocol

from celery import Celery

SWEEP_TERMS_S = 20.0
"""Whose term ended must be out within a minute."""
SWEEP_EXPIRED_S = 20.0
PRUNE_INBOX_S = 3600.0
FORGET_WORDS_S = 60.0
"""Sealed recent words outlive their ten minutes by no more than this."""
RETIRE_ROOMS_S = 900.0
FORGET_PASSAGES_S = 3600.0
SWEEP_REQUESTS_S = 60.0
FORGET_REQUESTS_S = 3600.0
FORGET_MARKS_S = 3600.0
DRAFT_DIGESTS_S = 300.0
REMIND_BULLETINS_S = 3600.0
FORGET_BULLETINS_S = 3600.0


class Duties(Protocol):
    """What the worker can be asked to do."""

    def sweep_terms(self) -> int:
        """Writes the removal of everybody whose term or place in policy has ended; how many."""

    def retire_rooms(self) -> int:
        """Writes the retirement of every room on demand that nobody uses; how many."""

    def sweep_expired(self) -> int:
        """Writes the recall of content whose last day is over; in how many rooms."""

    def sweep_requests(self) -> int:
        """Writes an effect for each part of a request where something is due; how many."""

    def forget_requests(self) -> int:
        """Erases closed requests that their group keeps no longer; how many."""

    def draft_digests(self) -> int:
        """Writes an effect for each digest that policy asks for by now; how many are new."""

    def forget_marks(self) -> int:
        """Deletes marks of deeds that can't be asked for again; how many."""

    def remind_bulletins(self) -> int:
        """Writes the effect that looks for bulletins nobody of a party has acknowledged; 1."""

    def forget_bulletins(self) -> int:
        """Deletes bulletins and reports that policy keeps no longer; how many of both."""

    def prune_inbox(self) -> int:
        """Deletes worked-off sync batches that are older than a week; how many."""

    def forget_words(self) -> int:
        """Deletes what officers said more than ten minutes ago; how many rows."""

    def forget_passages(self) -> int:
        """Deletes fingerprints and attempts that are kept no longer; how many posts and events."""


class NotWired(RuntimeError):
    """A task ran in a process that `rilon.bootstrap.worker` didn't start."""


app = Celery("rilon")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 300},
    timezone="UTC",
    beat_schedule={
        "sweep-terms": {
            "task": "rilon.sweep_terms",
            "schedule": SWEEP_TERMS_S,
            "options": {"expires": SWEEP_TERMS_S},
        },
        "retire-rooms": {
            "task": "rilon.retire_rooms",
            "schedule": RETIRE_ROOMS_S,
            "options": {"expires": RETIRE_ROOMS_S},
        },
        "sweep-expired": {
            "task": "rilon.sweep_expired",
            "schedule": SWEEP_EXPIRED_S,
            "options": {"expires": SWEEP_EXPIRED_S},
        },
        "sweep-requests": {
            "task": "rilon.sweep_requests",
            "schedule": SWEEP_REQUESTS_S,
            "options": {"expires": SWEEP_REQUESTS_S},
        },
        "forget-requests": {
            "task": "rilon.forget_requests",
            "schedule": FORGET_REQUESTS_S,
            "options": {"expires": FORGET_REQUESTS_S},
        },
        "forget-marks": {
            "task": "rilon.forget_marks",
            "schedule": FORGET_MARKS_S,
            "options": {"expires": FORGET_MARKS_S},
        },
        "draft-digests": {
            "task": "rilon.draft_digests",
            "schedule": DRAFT_DIGESTS_S,
            "options": {"expires": DRAFT_DIGESTS_S},
        },
        "remind-bulletins": {
            "task": "rilon.remind_bulletins",
            "schedule": REMIND_BULLETINS_S,
            "options": {"expires": REMIND_BULLETINS_S},
        },
        "forget-bulletins": {
            "task": "rilon.forget_bulletins",
            "schedule": FORGET_BULLETINS_S,
            "options": {"expires": FORGET_BULLETINS_S},
        },
        "prune-inbox": {
            "task": "rilon.prune_inbox",
            "schedule": PRUNE_INBOX_S,
            "options": {"expires": PRUNE_INBOX_S},
        },
        "forget-words": {
            "task": "rilon.forget_words",
            "schedule": FORGET_WORDS_S,
            "options": {"expires": FORGET_WORDS_S},
        },
        "forget-passages": {
            "task": "rilon.forget_passages",
            "schedule": FORGET_PASSAGES_S,
            "options": {"expires": FORGET_PASSAGES_S},
        },
    },
)

_wired: list[Duties] = []


def wire(duties: Duties) -> None:
    """Gives the tasks of this process their application."""
    _wired[:] = [duties]


@app.task(name="rilon.sweep_terms")  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_terms() -> int:
    """See `Duties.sweep_terms`."""
    return _duties().sweep_terms()


@app.task(name="rilon.retire_rooms")  # type: ignore[untyped-decorator]  # Celery has no types
def retire_rooms() -> int:
    """See `Duties.retire_rooms`."""
    return _duties().retire_rooms()


@app.task(name="rilon.sweep_expired")  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_expired() -> int:
    """See `Duties.sweep_expired`."""
    return _duties().sweep_expired()


@app.task(name="rilon.sweep_requests")  # type: ignore[untyped-decorator]  # Celery has no types
def sweep_requests() -> int:
    """See `Duties.sweep_requests`."""
    return _duties().sweep_requests()


@app.task(name="rilon.forget_requests")  # type: ignore[untyped-decorator]  # Celery has no types
def forget_requests() -> int:
    """See `Duties.forget_requests`."""
    return _duties().forget_requests()


@app.task(name="rilon.forget_marks")  # type: ignore[untyped-decorator]  # Celery has no types
def forget_marks() -> int:
    """See `Duties.forget_marks`."""
    return _duties().forget_marks()


@app.task(name="rilon.draft_digests")  # type: ignore[untyped-decorator]  # Celery has no types
def draft_digests() -> int:
    """See `Duties.draft_digests`."""
    return _duties().draft_digests()


@app.task(name="rilon.remind_bulletins")  # type: ignore[untyped-decorator]  # Celery has no types
def remind_bulletins() -> int:
    """See `Duties.remind_bulletins`."""
    return _duties().remind_bulletins()


@app.task(name="rilon.forget_bulletins")  # type: ignore[untyped-decorator]  # Celery has no types
def forget_bulletins() -> int:
    """See `Duties.forget_bulletins`."""
    return _duties().forget_bulletins()


@app.task(name="rilon.prune_inbox")  # type: ignore[untyped-decorator]  # Celery has no types
def prune_inbox() -> int:
    """See `Duties.prune_inbox`."""
    return _duties().prune_inbox()


@app.task(name="rilon.forget_words")  # type: ignore[untyped-decorator]  # Celery has no types
def forget_words() -> int:
    """See `Duties.forget_words`."""
    return _duties().forget_words()


@app.task(name="rilon.forget_passages")  # type: ignore[untyped-decorator]  # Celery has no types
def forget_passages() -> int:
    """See `Duties.forget_passages`."""
    return _duties().forget_passages()


def _duties() -> Duties:
    if not _wired:
        raise NotWired("start the worker with `python -m rilon.bootstrap.worker`")
    return _wired[0]
