"""Persons whose responses belong to no record: they are written nowhere, and count in the company's NPS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection


def by_score(connection: Connection, mapping: str, after: str) -> dict[tuple[str, int], int]:
    """Count unmatched persons by (survey kind, score) of their latest response since *after*.

    Nobody knows which anonymous responses are one person's, so each of them counts as a person of its own.
    People and values that were excluded on purpose (our own staff, suppressed, blocked, dropped) do not count.
    """
    rows = connection.execute(text(_BY_SCORE), {"mapping": mapping, "after": after})
    return {(row.survey_kind, row.score): row.persons for row in rows}


_BY_SCORE = """
SELECT r.survey_kind, r.score, count(*) AS persons
FROM matches m JOIN responses r ON r.respondent = m.respondent
WHERE m.mapping = :mapping AND m.outcome IN ('held', 'excluded')
  AND m.reason NOT IN ('internal', 'suppressed', 'blocked_value', 'dropped', 'tombstone')
  AND r.responded_at > :after
  AND (m.reason = 'anonymous' OR NOT EXISTS (
    SELECT 1 FROM responses n WHERE n.respondent = r.respondent AND n.survey_kind = r.survey_kind
      AND (n.responded_at > r.responded_at OR (n.responded_at = r.responded_at AND n.key > r.key))))
GROUP BY r.survey_kind, r.score
"""
