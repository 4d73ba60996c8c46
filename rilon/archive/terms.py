"""A bulletin -> the terms under which it is found, and how much each says of it.

A term is text with its sort before it. Only blinded ones (`rilon.archive.blind`) are stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from rilon.archive.stems import Stems
from rilon.archive.words import Spaced, Unspaced, words_of
from rilon.bulletins.blocks import Block, Heading, texts_of
from rilon.bulletins.head import Kind
from rilon.bulletins.reading import Bulletin

Term = str

IN_TITLE, IN_HEADING, MOST_TIMES = 20, 5, 9
"""What a term is worth in the title and in a heading, and how many times in the text count."""


def word_term(form: str) -> Term:
    """One form of a word."""
    return f"w\0{form}"


def gram_term(gram: str) -> Term:
    """Letters in a row of a script without spaces."""
    return f"g\0{gram}"


def pair_term(one: str, next_one: str) -> Term:
    """Two words that follow each other, as they stand."""
    return f"p\0{one}\0{next_one}"


def kind_term(kind: Kind) -> Term:
    """What sort of bulletin it is."""
    return f"k\0{kind.value}"


def terms_of(bulletin: Bulletin) -> Mapping[Term, int]:
    """Every term of a bulletin with its weight, by its own text alone.

    INVARIANT: sources, groups, and parts that were left out leave no term: they may be of rooms
    that a reader isn't in.
    """
    stems = Stems()
    times: Counter[Term] = Counter()
    for _, text in texts_of(bulletin.blocks):
        times.update(_terms(text, stems))
    weights = {term: min(count, MOST_TIMES) for term, count in times.items()}
    headings = (text for one in _headings(bulletin.blocks) for _, text in texts_of((one,)))
    for worth, texts in ((IN_HEADING, headings), (IN_TITLE, iter((bulletin.head.title,)))):
        for term in {term for text in texts for term in _terms(text, stems)}:
            weights[term] = weights.get(term, 0) + worth
    return weights | {kind_term(bulletin.head.kind): 0}


def _headings(blocks: Iterable[Block]) -> Iterator[Block]:
    return (block for block in blocks if isinstance(block, Heading))


def _terms(text: str, stems: Stems) -> Iterator[Term]:
    last: Spaced | None = None
    for word in words_of(text, stems):
        match word:
            case Spaced():
                yield from map(word_term, word.forms)
                if last is not None:
                    yield pair_term(last.plain, word.plain)
                last = word
            case Unspaced():
                yield from map(word_term, word.words)
                yield from map(gram_term, word.grams)
                last = None
