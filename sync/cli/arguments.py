"""Where options may stand: global ones before or after the command, lists of files after one option."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Global option → whether a value follows it.
GLOBAL = {
    "-C": True,
    "--config": True,
    "--output": True,
    "--log-format": True,
    "-q": False,
    "--quiet": False,
    "-v": False,
    "-vv": False,
    "--verbose": False,
    "--no-input": False,
    "--yes": False,
    "-y": False,
}
#: Options that a command has for itself, under the name of a global one: after the command, they are the command's.
OWN = {"resolve": {"--output"}}
#: Options of a command that take every word up to the next option.
LISTS = {"resolve": {"--records"}}


def arrange(words: Sequence[str]) -> list[str]:
    """Put global options first and repeat list options, so that `npsync sync -v` means `npsync -v sync`.

    >>> arrange(["sync", "-n", "--output", "json", "-Cother.yaml"])
    ['--output', 'json', '-Cother.yaml', 'sync', '-n']
    >>> arrange(["-q", "resolve", "--records", "a.csv", "b.csv", "--output", "d.csv"])
    ['-q', 'resolve', '--records', 'a.csv', '--records', 'b.csv', '--output', 'd.csv']
    >>> arrange(["help", "--", "-q"])
    ['help', '--', '-q']
    """
    first: list[str] = []
    rest: list[str] = []
    command = ""
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            rest += [word, *waiting]
        elif _is_global(word) and word.partition("=")[0] not in OWN.get(command, ()):
            first.append(word)
            if GLOBAL.get(word):
                first += _next(waiting)
        else:
            command = command or ("" if word.startswith("-") else word)
            rest.append(word)
    return [*first, *_repeated(rest, LISTS.get(command, set()))]


def _is_global(word: str) -> bool:
    name = word.partition("=")[0]
    return name in GLOBAL or (word.startswith("-C") and not word.startswith("--"))


def _next(words: Iterable[str]) -> list[str]:
    """Take one word, if there is one; typer says what is missing."""
    for word in words:
        return [word]
    return []


def _repeated(words: Sequence[str], lists: set[str]) -> list[str]:
    """Write `--records a b` as `--records a --records b`."""
    result: list[str] = []
    option = ""
    for word in words:
        if word.startswith("-"):
            option = word if word in lists else ""
        elif option and result[-1] != option:
            result.append(option)
        result.append(word)
    return result
