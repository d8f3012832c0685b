-- The records of one chunk that hold a wanted key, key by key.
-- Takes records (RECORD_FIELDS), odd(raw, key), kinds(kind, form, prefixes), aliases(domain, target),
-- wanted_bases(kind, base); macros of identity_macros.
-- Gives (object, id, kind, raw, key, canonical, base, country); `raw` only for phones, which Python reads.
WITH email AS (
    SELECT r.object, r.id, coalesce(o.key, lower(r.raw)) AS key
    FROM (SELECT object, id, unnest(emails) AS raw FROM records) r
    LEFT JOIN odd o ON o.raw = r.raw
    WHERE r.raw IS NOT NULL AND (o.raw IS NULL OR o.key IS NOT NULL)
),
mailbox AS (
    SELECT e.object, e.id, e.key, coalesce(a.target, split_part(e.key, '@', 2)) AS domain
    FROM email e LEFT JOIN aliases a ON a.domain = split_part(e.key, '@', 2)
    WHERE EXISTS (SELECT 1 FROM kinds WHERE kind = 'email')
),
phone AS (
    SELECT object, id, raw, country, right(digits_of(raw), 8) AS base
    FROM (SELECT object, id, country, unnest(phones) AS raw FROM records)
    WHERE raw IS NOT NULL AND EXISTS (SELECT 1 FROM kinds WHERE kind = 'phone')
),
named AS (
    SELECT r.object, r.id, k.kind, id_key(r.pair.value, k.form, k.prefixes) AS base
    FROM (SELECT object, id, unnest(ids) AS pair FROM records) r JOIN kinds k ON k.kind = r.pair.kind
    WHERE r.pair.value IS NOT NULL AND k.kind NOT IN ('email', 'phone')
),
held AS (
    SELECT object, id, 'email' AS kind, NULL::TEXT AS raw, key, canonical_mailbox(key, domain) AS canonical,
           base_mailbox(key, domain) AS base, NULL::TEXT AS country FROM mailbox
    UNION ALL SELECT object, id, 'phone', raw, base, base, base, country FROM phone
    UNION ALL SELECT object, id, kind, NULL, base, base, base, NULL FROM named
)
SELECT DISTINCT h.* FROM held h WHERE (h.kind, h.base) IN (SELECT (w.kind, w.base) FROM wanted_bases w)
