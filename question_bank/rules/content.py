"""The content of a question: as it is compared, and the parts of a case as kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from question_bank.rules.validity import Draft, accepted, stored_key
from question_bank.rules.wording import comparable


def content_digest(draft: Draft) -> str:
    """SHA-256 of kind, stem, options and key as they are compared; hexadecimal.

    Equal for one question typed with other spaces, widths or cases. The order of
    the options counts, the order of the letters of a key does not. Bytes: the four
    fields in UTF-8 joined by U+001E, their parts by U+001F; neither can be typed. A
    case has the digests of its parts in the place of options, and no key.
    """
    if draft.kind == "case":
        key, options = [], [content_digest(part) for part in draft.parts]
    else:
        options = [comparable(option) for option in draft.options]
        if draft.kind == "fill":
            key = ["|".join(sorted(map(comparable, accepted(e)))) for e in draft.key]
        else:
            key = sorted(draft.key)
    fields = (
        draft.kind,
        comparable(draft.stem),
        "\x1f".join(options),
        "\x1f".join(key),
    )
    return hashlib.sha256("\x1e".join(fields).encode()).hexdigest()


_SPEAKS_OF_OTHERS = re.compile(
    r"(以上|上述|前述|前面|其他选项|其余选项).{0,8}(都|均|皆|全|不|没有|无)"
    r"|(?<![A-Za-z])[A-H]([、,，和与及或/]?[A-H])+(项|选项)?(都|均|皆|两|三|$)"
    r"|选项[A-H](?![A-Za-z])|(?<![A-Za-z])[A-H](选)?项"
)


def is_pinned(options: tuple[str, ...]) -> bool:
    """Whether options speak of one another (以上都对, A和B), so must not be moved."""
    return any(_SPEAKS_OF_OTHERS.search(option) for option in options)


def stored_parts(draft: Draft) -> list[dict[str, Any]]:
    """The parts of a case as the bank keeps them; of other questions none."""
    return [
        {
            "kind": part.kind,
            "stem": part.stem,
            "options": list(part.options),
            "key": stored_key(part),
            "pinned": is_pinned(part.options),
            "citations": list(part.citations),
            "analysis": part.analysis,
        }
        for part in draft.parts
    ]


def read_parts(stored: Iterable[Mapping[str, Any]]) -> tuple[Draft, ...]:
    """The parts of a case as somebody would type them."""
    return tuple(
        Draft(
            kind=part["kind"],
            stem=part["stem"],
            options=tuple(part["options"]),
            key=unstored_key(part["kind"], part["key"]),
            citations=tuple(part["citations"]),
            analysis=part["analysis"],
        )
        for part in stored
    )


def unstored_key(kind: str, key: Iterable[Any]) -> tuple[str, ...]:
    """A kept key as a draft has it."""
    if kind == "fill":
        return tuple("|".join(texts) for texts in key)
    return tuple(key)


def texts_of(draft: Draft) -> tuple[str, tuple[str, ...]]:
    """The stem and all other texts that tell a question from others."""
    inner = [text for p in draft.parts for text in (p.stem, *p.options)]
    return draft.stem, (*draft.options, *inner)


def in_order(draft: Draft) -> Draft:
    """A draft with the letters of its keys in order, which says nothing."""
    key = tuple(sorted(draft.key)) if draft.kind == "multi" else draft.key
    return replace(draft, key=key, parts=tuple(map(in_order, draft.parts)))
