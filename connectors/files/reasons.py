"""What the user can do about a row that was rejected, by reason."""

from __future__ import annotations

_NEXT_STEPS = {
    "no_score_column": "Name the column with the score: `columns: {score: Q1}`.",
    "score_not_a_number": "Correct the cell, or name the right column in `columns: {score: ...}`.",
    "score_out_of_range": "NPS runs from 0 to 10: correct the cell, or name the right column.",
    "score_not_whole": "NPS is a whole number: correct the cell, or name the column with the single answers.",
    "wrong_scale": "Only answers from 0 to 10 are NPS: leave other questions out with `where:`.",
    "date_missing": "Fill in the cell, or name the column with the date: `columns: {responded_at: ...}`.",
    "date_unreadable": "Write the date as 2026-01-31 10:22:00, or name the right column in `columns:`.",
    "date_ambiguous": "Say which comes first: `date_order: dmy` or `date_order: mdy`.",
    "date_in_future": "Check `date_order:`, `time_zone:` and the clock of this computer.",
    "answered_before_sent": "Check `date_order:`; the answer is dated more than a day before its invitation.",
    "id_in_scientific_notation": "A spreadsheet shortened this number; export again and do not open it in between.",
    "row_too_wide": "A comma in the text is not quoted, or the row is shifted: export again.",
    "row_unreadable": "This line is not a JSON object: export again.",
    "cell_too_large": "Shorten the text of this cell.",
}


def next_step(reason: str) -> str:
    """Return what to do about *reason*."""
    return _NEXT_STEPS[reason]
