"""The loader answers with a policy or with mistakes, whatever it is given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rilon.policy import load as load_module
from rilon.policy.load import Policy, load
from rilon.policy.mistakes import Mistakes
from rilon.policy.yaml_tree import Tree, read_tree
from tests.policy_scene import shipped_files

SHIPPED = {
    name: content
    for name, content in shipped_files().items()
    if not name.startswith("cases/") or name == "cases/terms.yaml"
}
FILES = sorted(SHIPPED)
yaml_like = st.lists(
    st.sampled_from(
        ["a", "b", ":", ": ", "\n", "\n  ", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "!t ", "|",
         ">", "'", '"', "\t", "#", "---", "...", "%", "? ", "\\ud800", "\u2028", "\ufeff", "1", "~"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@settings(max_examples=300)
@given(st.binary(max_size=200) | yaml_like.map(str.encode))
def test_reading_any_bytes_gives_a_tree_or_mistakes(content: bytes) -> None:
    found = read_tree("x.yaml", content)
    if not isinstance(found, Tree):
        lines = content.count(b"\n") + content.count(b"\r") + 3 * len(content) + 2
        assert found
        assert all(1 <= one.line <= lines for one in found)


@pytest.fixture(autouse=True, scope="module")
def _trees_are_read_once() -> Iterator[None]:
    """The files that an example leaves alone needn't be parsed again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_module, "read_tree", lru_cache(maxsize=256)(read_tree))
        yield


def assert_answered(files: dict[str, bytes]) -> None:
    found = load(files)
    if isinstance(found, Policy):
        return
    assert isinstance(found, Mistakes)
    for one in found.items:
        assert one.problem
        assert one.mend
        assert str(one).isprintable()
        assert "Traceback" not in str(one)


@settings(max_examples=40)
@given(st.sampled_from(FILES), st.binary(max_size=60) | yaml_like.map(str.encode))
def test_any_file_may_hold_anything(file: str, content: bytes) -> None:
    assert_answered({**SHIPPED, file: content})


@settings(max_examples=40)
@given(st.data())
def test_a_slip_of_the_hand_is_a_mistake_or_harmless(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(FILES))
    content = SHIPPED[file]
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(start, min(start + 12, len(content))))
    slip = data.draw(st.binary(max_size=3) | yaml_like.map(str.encode))
    assert_answered({**SHIPPED, file: content[:start] + slip + content[end:]})


@given(st.dictionaries(st.text(max_size=20), st.binary(max_size=20), max_size=4))
def test_any_files_at_all_are_answered(files: dict[str, bytes]) -> None:
    assert_answered(files)
