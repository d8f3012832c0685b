-- What to ask a directory for, in each form that a plain comparison needs.
-- Takes the kept wanted(...). Gives (kind, value), distinct and ordered.
-- `email`: the address, its canonical form and its base; `email_base`: the address without its tag, to be compared with the
-- record's addresses loosened the same way; `phone`: its last eight digits; `salesforce_id`: both lengths.
WITH ask AS (
    SELECT kind, unnest([key, canonical, base]) AS value FROM wanted WHERE kind = 'email'
    UNION ALL SELECT 'email_base', base FROM wanted WHERE kind = 'email'
    UNION ALL SELECT kind, base FROM wanted WHERE kind = 'phone'
    UNION ALL SELECT kind, unnest([key, base]) FROM wanted WHERE kind NOT IN ('email', 'phone')
)
SELECT DISTINCT kind, value FROM ask ORDER BY kind, value
