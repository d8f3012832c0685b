"""What customers write: the templates of `comments.txt`, filled so that repeats are rare."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

HERE = Path(__file__).parent
EMOJI = ("😀", "👍", "🙏", "🎉", "😕", "🤷", "🚐", "💡")
#: Fewer tries than there are templates in the smallest section: a repeat is rare, not impossible.
TRIES = 8


def sections(path: Path) -> dict[str, list[str]]:
    """Read a text file of `[head]` lines, each followed by its own lines; `#` starts a comment."""
    found: dict[str, list[str]] = {}
    head = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            head = line[1:-1]
            found[head] = []
        elif line.strip() and not line.startswith("#"):
            found[head].append(line.rstrip())
    return found


class Voices:
    """Writes one comment after the other and remembers what was said."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._said: set[str] = set()
        whole = sections(HERE / "comments.txt")
        self._slots = {head[5:]: lines for head, lines in whole.items() if head.startswith("slot ")}
        self._lines: dict[tuple[str, str, str], list[str]] = {
            (band, theme, language): lines
            for head, lines in whole.items()
            if not head.startswith("slot ")
            for band, theme, language in [head.split()]
        }

    def say(self, band: str, language: str, theme: str | None = None) -> str:
        """Return a comment of *band* in *language*; of *theme*, where that language has it."""
        text = ""
        for _ in range(TRIES):
            text = self._compose(band, language, theme)
            if text not in self._said:
                break
        self._said.add(text)
        return text

    def rant(self, language: str) -> str:
        """Return a comment of well over a thousand characters, in paragraphs."""
        parts = [self.say(self._rng.choice(("low", "angry")), language) for _ in range(22)]
        return "\n\n".join(" ".join(parts[start : start + 5]) for start in range(0, len(parts), 5))

    def odd(self) -> str:
        """Return a comment that trips software: empty words, formulas, entities, emoji alone."""
        return self._fill(self._rng.choice(self._lines["odd", "any", "any"]))

    def odd_lines(self) -> list[str]:
        """Return every odd template once, filled."""
        return [self._fill(line) for line in self._lines["odd", "any", "any"]]

    def _compose(self, band: str, language: str, theme: str | None) -> str:
        text = self._sentence(band, language, theme)
        if len(text) < 90 and self._rng.random() < 0.16:
            joint = "\n" if self._rng.random() < 0.3 else " "
            text = f"{text.rstrip()}{joint}{self._sentence(band, language, None)}"
        return self._tone(text)

    def _sentence(self, band: str, language: str, theme: str | None) -> str:
        return self._fill(self._rng.choice(self._choices(band, language, theme)))

    def _choices(self, band: str, language: str, theme: str | None) -> list[str]:
        if theme is not None:
            for voice in (language, "en"):
                if (band, theme, voice) in self._lines:
                    return self._lines[band, theme, voice]
        own = [
            line
            for (a_band, a_theme, a_language), lines in self._lines.items()
            if a_band == band and a_language == language and a_theme not in {"outage", "better"}
            for line in lines
        ]
        return own or self._choices(band, "en", theme)

    def _fill(self, line: str) -> str:
        text = re.sub(r"\{(\w+)\}", lambda found: self._rng.choice(self._slots[found[1]]), line)
        return text[:1].upper() + text[1:] if line.startswith("{") else text

    def _tone(self, text: str) -> str:
        dice = self._rng.random()
        if dice < 0.07:
            return text.lower().rstrip(".")
        if dice < 0.13:
            return _slip(text, self._rng)
        if dice < 0.17:
            return f"{text.rstrip('.')} {self._rng.choice(EMOJI)}"
        if dice < 0.20:
            return f"{text.rstrip('.!')}!!"
        return text


def _slip(text: str, rng: Random) -> str:
    """Swap two neighbouring letters, as hurried fingers do."""
    places = [at for at in range(1, len(text) - 2) if text[at].isalpha() and text[at + 1].isalpha()]
    if not places:
        return text
    at = rng.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
