"""The decision against an independent, naive model of it, over every small case.

Both must accept the same, under the same marking; and a refusal must name one of the reasons that
the model finds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from rilon.domain.verdicts import Accept
from rilon.policy.evaluate import evaluate
from tests.attacks.naive_decision import reasons_of_act, reasons_of_marking
from tests.attacks.small_acts import every_act, question
from tests.attacks.small_cases import (
    Asking,
    Case,
    every_answer,
    every_default,
    every_quotation,
    every_relation,
    everything_new,
    plainly,
)
from tests.policy_scene import TODAY


@pytest.mark.parametrize(
    ("cases", "number"),
    [
        (everything_new, 140_000),
        (every_default, 82_944),
        (every_answer, 80_640),
        (every_relation, 53_760),
    ],
)
def test_the_decision_is_that_of_the_naive_model(
    cases: Callable[[], Iterator[Case]], number: int
) -> None:
    asking = Asking()
    verdicts: Counter[str] = Counter()
    for case in cases():
        written, room, related, _ = case
        reasons, carried = reasons_of_marking(written, room, "AUS", related, TODAY)
        verdict = evaluate(*asking.question(case))
        if isinstance(verdict, Accept):
            assert not reasons, case
            assert verdict.effective is not None
            assert plainly(verdict.effective) == carried, case
            verdicts["accept"] += 1
        else:
            assert verdict.code.value in reasons, (case, verdict.code)
            verdicts[verdict.code.value] += 1
    assert sum(verdicts.values()) == number
    assert min(verdicts["accept"], len(verdicts)) > 2, verdicts


def test_what_a_quotation_says_is_judged_as_in_the_naive_model() -> None:
    asking = Asking()
    verdicts: Counter[str] = Counter()
    for case, quoted in every_quotation():
        written, room, related, _ = case
        reasons, carried = reasons_of_marking(written, room, "AUS", related, TODAY, quoted)
        verdict = evaluate(*asking.question(case, quoted))
        if isinstance(verdict, Accept):
            assert not reasons, (case, quoted)
            assert verdict.effective is not None
            assert plainly(verdict.effective) == carried, (case, quoted)
            verdicts["accept"] += 1
        else:
            assert verdict.code.value in reasons, (case, quoted, verdict.code)
            verdicts[verdict.code.value] += 1
    assert min(verdicts["accept"], verdicts["marking_too_wide"]) > 100, verdicts


def test_who_may_do_what_is_that_of_the_naive_model() -> None:
    verdicts: Counter[str] = Counter()
    for case in every_act():
        reasons = reasons_of_act(*case)
        verdict = evaluate(*question(case))
        if isinstance(verdict, Accept):
            assert not reasons, case
            verdicts["accept"] += 1
        else:
            assert verdict.code.value in reasons, (case, verdict.code)
            verdicts[verdict.code.value] += 1
    assert sum(verdicts.values()) == 135_200
    assert verdicts["accept"] > 1000, verdicts
