-- The keys that the records of one chunk hold.
-- Takes records (RECORD_FIELDS), odd(raw, key), kinds(kind, form, prefixes), aliases(domain, target);
-- macros of identity_macros.
-- Gives (object, id, kind, raw, key, canonical, base, country), repeats included; `raw` only for phones, which Python reads.
WITH asked AS (SELECT DISTINCT kind FROM kinds),
email AS (
    SELECT r.object, r.id, coalesce(o.key, lower(r.raw)) AS key
    FROM (SELECT object, id, unnest(emails) AS raw FROM records WHERE 'email' IN (SELECT kind FROM asked)) r
    LEFT JOIN odd o ON o.raw = r.raw
    WHERE r.raw IS NOT NULL AND (o.raw IS NULL OR o.key IS NOT NULL)
),
addressed AS (
    SELECT e.object, e.id, e.key, split_part(e.key, '@', 1) AS local, coalesce(a.target, split_part(e.key, '@', 2)) AS host
    FROM email e LEFT JOIN aliases a ON a.domain = split_part(e.key, '@', 2)
),
parted AS (
    SELECT object, id, key, tag_of(local) AS tag,
           CASE WHEN google(host) THEN replace(without_tag(local), '.', '') ELSE without_tag(local) END AS name,
           CASE WHEN google(host) THEN 'gmail.com' ELSE host END AS host
    FROM addressed
),
phone AS (
    SELECT object, id, raw, country, right(digits_of(raw), 8) AS base
    FROM (SELECT object, id, country, unnest(phones) AS raw FROM records WHERE 'phone' IN (SELECT kind FROM asked))
    WHERE raw IS NOT NULL
),
bare AS (
    SELECT r.object, r.id, k.kind, k.form, without_prefix(trim(r.pair.value), k.prefixes) AS bare
    FROM (SELECT object, id, unnest(ids) AS pair FROM records) r JOIN kinds k ON k.kind = r.pair.kind
    WHERE r.pair.value IS NOT NULL AND k.kind NOT IN ('email', 'phone')
),
named AS (SELECT object, id, kind, id_key(bare, form) AS base FROM bare)
SELECT object, id, 'email' AS kind, NULL::TEXT AS raw, key, name || tag || '@' || host AS canonical,
       CASE WHEN name = '' THEN tag ELSE name END || '@' || host AS base, NULL::TEXT AS country FROM parted
UNION ALL SELECT object, id, 'phone', raw, base, base, base, country FROM phone
UNION ALL SELECT object, id, kind, NULL, base, base, base, NULL FROM named
