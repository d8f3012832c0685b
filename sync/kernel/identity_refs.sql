-- Where records named earlier (by a decision or by a person) stand now.
-- Takes refs(object, id), object null for "any"; the kept live(...), record(...).
-- Gives one row per ref and record found, with the live record it leads to.
SELECT r.object AS asked, r.id, h.object,
       CASE WHEN l.object IS NULL THEN h.object ELSE l.live_object END AS live_object,
       CASE WHEN l.object IS NULL THEN h.id ELSE l.live_id END AS live_id,
       t.first_name, t.last_name, t.full_name, t.account, t.created_at, t.emails,
       coalesce(t.deleted, false) AS deleted,
       coalesce(t.suppressed, false) OR coalesce(h.suppressed, false) AS suppressed
FROM refs r
JOIN record h ON h.id = r.id AND (r.object IS NULL OR h.object = r.object)
LEFT JOIN live l ON l.object = h.object AND l.id = h.id
LEFT JOIN record t ON t.object = CASE WHEN l.object IS NULL THEN h.object ELSE l.live_object END
                  AND t.id = CASE WHEN l.object IS NULL THEN h.id ELSE l.live_id END
