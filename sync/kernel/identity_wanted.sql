-- What the claims can be found by.
-- Takes claims(respondent, CLAIM_COLUMNS), kinds(kind, form, prefixes), aliases(domain, target); macros of identity_macros.
-- Gives wanted(respondent, slot, kind, key, canonical, base), one row per identifier that a rule compares.
-- canonical: the same mailbox whatever its spelling; base: without its +tag. Both are the key itself for ids.
WITH named AS (
    UNPIVOT (SELECT respondent, email, recipient_email, phone, salesforce_id, hubspot_id, customer_id, external_ref FROM claims)
    ON email, recipient_email, phone, salesforce_id, hubspot_id, customer_id, external_ref INTO NAME slot VALUE key
),
kinded AS (
    SELECT n.respondent, n.slot, n.key, k.kind, k.form, k.prefixes
    FROM named n JOIN kinds k ON k.kind = CASE n.slot WHEN 'recipient_email' THEN 'email' ELSE n.slot END
    WHERE n.key <> ''
),
addressed AS (
    SELECT k.respondent, k.slot, k.key, split_part(k.key, '@', 1) AS local, coalesce(a.target, split_part(k.key, '@', 2)) AS host
    FROM kinded k LEFT JOIN aliases a ON a.domain = split_part(k.key, '@', 2)
    WHERE k.kind = 'email'
),
parted AS (
    SELECT respondent, slot, key, tag_of(local) AS tag,
           CASE WHEN google(host) THEN replace(without_tag(local), '.', '') ELSE without_tag(local) END AS name,
           CASE WHEN google(host) THEN 'gmail.com' ELSE host END AS host
    FROM addressed
),
bare AS (
    SELECT respondent, slot, kind, key, form, without_prefix(trim(key), prefixes) AS bare
    FROM kinded WHERE kind NOT IN ('email', 'phone')
),
ids AS (SELECT respondent, slot, kind, key, id_key(bare, form) AS canonical FROM bare),
phones AS (SELECT respondent, slot, key, right(digits_of(key), 8) AS canonical FROM kinded WHERE kind = 'phone')
SELECT respondent, slot, 'email' AS kind, key, name || tag || '@' || host AS canonical,
       CASE WHEN name = '' THEN tag ELSE name END || '@' || host AS base
FROM parted
UNION ALL SELECT respondent, slot, kind, key, canonical, canonical FROM ids WHERE canonical <> ''
UNION ALL SELECT respondent, slot, 'phone', key, canonical, canonical FROM phones WHERE canonical <> ''
