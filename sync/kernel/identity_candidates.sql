-- The candidates of some respondents, each with the live record it leads to.
-- Takes slice(respondent); the kept pair(...), live(...), record(...).
-- Gives one row per claim key and record; `object` is null where the key is held by too many records,
-- `live_id` is null where a merged record's trail is lost. `was_*` are the names of the merged record itself.
SELECT p.respondent, p.slot, p.kind, p.key, p.how, p.records, p.raw, p.country, p.object, p.id,
       l.object IS NOT NULL AS merged,
       CASE WHEN l.object IS NULL THEN p.object ELSE l.live_object END AS live_object,
       CASE WHEN l.object IS NULL THEN p.id ELSE l.live_id END AS live_id,
       t.first_name, t.last_name, t.full_name, t.account, t.created_at, t.emails,
       coalesce(t.deleted, false) AS deleted,
       coalesce(t.suppressed, false) OR coalesce(h.suppressed, false) AS suppressed,
       h.first_name AS was_first, h.last_name AS was_last, h.full_name AS was_full
FROM slice s
JOIN pair p USING (respondent)
LEFT JOIN live l ON l.object = p.object AND l.id = p.id
LEFT JOIN record h ON h.object = p.object AND h.id = p.id
LEFT JOIN record t ON t.object = CASE WHEN l.object IS NULL THEN p.object ELSE l.live_object END
                  AND t.id = CASE WHEN l.object IS NULL THEN p.id ELSE l.live_id END
