"""Which files a path means: a file, a folder, or a glob."""

from __future__ import annotations

import glob
from pathlib import Path

from connectors.characters import file_name
from connectors.errors import Refused
from connectors.files.opening import ENDINGS

_WILD = frozenset("*?[")
#: Endings of what may well hold responses and is not read.
_UNREAD = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z", ".rar", ".xlsb", ".ods", ".numbers", ".parquet", ".xml", ".sav")


def find_files(path: str, root: Path) -> list[Path]:
    """Return the files that *path* means, in the order of their names; empty for a folder without exports.

    A folder means the files directly in it that end as exports do; hidden files and a spreadsheet program's lock
    files do not count.

    Args:
        path: As the user wrote it; relative to *root*.
        root: Folder of the configuration file.

    Raises:
        Refused: There is no such file or folder, or no file fits the glob (E110).
    """
    whole = root / Path(path).expanduser()
    try:
        if whole.is_file():
            return [whole]
        if whole.is_dir():
            return sorted(file for file in whole.iterdir() if _is_export(file))
        files = _fitting(path, root) if _WILD & set(path) else []
        exists = whole.exists()
    except PermissionError:
        raise Refused(f"`{path}`: no right to look there", code="E111", next_step="Give this user the right.") from None
    if files:
        return files
    if exists:
        raise Refused(f"`{path}`: is not a file or folder", code="E112", next_step="Save the export as a file.")
    what = "no file fits" if _WILD & set(path) else "no such file or folder:"
    raise Refused(f"{what} `{path}`", code="E110", next_step=f"A relative path starts at the config file: {root}.")


def _fitting(pattern: str, root: Path) -> list[Path]:
    names = glob.glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207 - a pattern may be absolute
    files = (root / name for name in sorted(names))
    return [file for file in files if file.is_file() and not _is_hidden(file)]


def unread_files(path: str, root: Path) -> list[str]:
    """Return the names of the files in the folder *path* that may be exports, in a form that is not read."""
    whole = root / Path(path).expanduser()
    if not whole.is_dir():
        return []
    return sorted(
        file_name(file.name) for file in whole.iterdir() if file.suffix.lower() in _UNREAD and not _is_hidden(file)
    )


def stream_of(file: Path, root: Path) -> str:
    """Return a file's name within its source: its path from the config file, with forward slashes."""
    try:
        return file_name(file.relative_to(root).as_posix())
    except ValueError:
        return file_name(file.as_posix())


def _is_export(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS and not _is_hidden(file) and file.is_file()


def _is_hidden(file: Path) -> bool:
    return file.name.startswith((".", "~$"))
