-- Which claims reach which records, by which key; decided for all claims at once.
-- Takes the kept wanted(...), hit(...), and limits(per_key).
-- Makes pair(respondent, slot, kind, key, raw, country, object, id, records, how): one row per claim key and record,
-- and again where a record holds the key twice.
-- `records` is the number of records that hold the key; beyond the limit they are not listed (object is null).
CREATE OR REPLACE TEMP TABLE pair AS
WITH sizes AS (SELECT kind, canonical, count(DISTINCT (object, id)) AS records FROM hit GROUP BY ALL),
-- A base is one person's only when the directory knows no tag of it.
bases AS (
    SELECT base FROM hit WHERE kind = 'email' GROUP BY base HAVING count(DISTINCT canonical) = 1 AND min(canonical) = base
),
reached AS (
    SELECT w.respondent, w.slot, w.kind, w.key, w.canonical, false AS untagged FROM wanted w
    UNION ALL
    SELECT w.respondent, w.slot, w.kind, w.key, b.base, true
    FROM wanted w JOIN bases b ON w.kind = 'email' AND w.base = b.base AND w.canonical <> w.base
),
listed AS (SELECT r.*, s.records, s.records > l.per_key AS over FROM reached r JOIN sizes s USING (kind, canonical), limits l)
SELECT r.respondent, r.slot, r.kind, r.key, h.raw, h.country, h.object, h.id, r.records,
       CASE WHEN r.kind <> 'email' OR r.key = h.key THEN r.kind WHEN r.untagged THEN 'email_untagged' ELSE 'email_canonical' END AS how
FROM listed r JOIN hit h USING (kind, canonical) WHERE NOT r.over
UNION ALL
SELECT respondent, slot, kind, key, NULL, NULL, NULL, NULL, records, kind FROM listed WHERE over;
SELECT count(*) AS pairs FROM pair;
