"""A hint where ids would be equal but for a prefix or leading zeros: nothing is guessed, so somebody must say so."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.contract import Directory
    from connectors.values import SurveyResponse
    from sync.identity.standalone import ResponseDecision

_KINDS = ("customer_id", "external_ref")
_BEFORE = r"^[A-Za-z]{0,6}[-_#:./ ]?0*"
_NUMBERED = re.compile(r"([A-Za-z]{0,6}[-_#:./ ]?)(0*)([1-9]\d{2,})")
#: References that are looked at: enough to see a habit.
_SAMPLE = 5_000
#: Fewer than this share of them, and it is chance.
_SHARE = 0.02


class IdHint:
    """Watches responses and records go by. See `told`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        #: Number → the reference that holds it.
        self._asked: dict[str, str] = {}
        self._exact: set[str] = set()
        self._near: dict[str, str] = {}

    def heard(
        self, responses: Iterable[SurveyResponse | ResponseDecision]
    ) -> Iterator[SurveyResponse | ResponseDecision]:
        """Pass *responses* on."""
        for response in responses:
            if len(self._asked) < _SAMPLE:
                ids = getattr(response, "ids", {})
                for text in (ids[kind] for kind in _KINDS if kind in ids):
                    if found := _NUMBERED.fullmatch(text):
                        self._asked.setdefault(found[3], text)
            yield response

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
        """See `Directory.find`."""
        numbers, texts = pa.array(list(self._asked), pa.string()), set(self._asked.values())
        for table in self._directory.find(keys):
            if numbers:
                values = pc.list_flatten(table.column("ids")).combine_chunks().field("value")
                bare = pc.replace_substring_regex(values, _BEFORE, "")
                for value in values.filter(pc.is_in(bare, value_set=numbers)).unique().to_pylist():
                    if value in texts:
                        self._exact.add(value)
                    elif found := _NUMBERED.fullmatch(value):
                        self._near[found[3]] = value
            yield table

    def version(self) -> str:
        """See `Directory.version`."""
        return self._directory.version()

    def told(self) -> str | None:
        """Return what to declare, if ids seem to be written in two ways; None otherwise."""
        pairs = [
            (asked, self._near[number])
            for number, asked in self._asked.items()
            if number in self._near and asked not in self._exact
        ]
        if not self._asked or len(pairs) < max(2, _SHARE * len(self._asked)):
            return None
        forms = [found for pair in pairs for text in pair if (found := _NUMBERED.fullmatch(text))]
        prefixes = [text for text, _ in Counter(found[1] for found in forms if found[1]).most_common(8)]
        words = [f'--id-prefix "{text}"' for text in prefixes]
        words += ["--id-numeric"] if any(found[2] for found in forms) else []
        return (
            f"Hint: of {len(self._asked):,} ids in responses, {len(pairs):,} equal a record's but for a prefix or "
            f"leading zeros, and did not count. If they mean the same, add {' '.join(words)}"
        )
