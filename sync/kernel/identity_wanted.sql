-- What the claims can be found by.
-- Takes claims(respondent, CLAIM_COLUMNS), kinds(kind, form, prefixes), aliases(domain, target); macros of identity_macros.
-- Gives wanted(respondent, slot, kind, key, canonical, base), one row per identifier that a rule compares.
WITH named AS (
    UNPIVOT (SELECT respondent, email, recipient_email, phone, salesforce_id, hubspot_id, customer_id, external_ref FROM claims)
    ON email, recipient_email, phone, salesforce_id, hubspot_id, customer_id, external_ref INTO NAME slot VALUE key
),
keyed AS (
    SELECT n.respondent, n.slot, k.kind, k.form, k.prefixes, n.key,
           CASE WHEN k.kind = 'email' THEN coalesce(a.target, split_part(n.key, '@', 2)) END AS domain
    FROM named n
    JOIN kinds k ON k.kind = CASE n.slot WHEN 'recipient_email' THEN 'email' ELSE n.slot END
    LEFT JOIN aliases a ON k.kind = 'email' AND a.domain = split_part(n.key, '@', 2)
)
SELECT respondent, slot, kind, key,
       CASE kind WHEN 'email' THEN canonical_mailbox(key, domain)
                 WHEN 'phone' THEN right(digits_of(key), 8)
                 ELSE id_key(key, form, prefixes) END AS canonical,
       CASE kind WHEN 'email' THEN base_mailbox(key, domain) ELSE canonical END AS base
FROM keyed
WHERE key <> '' AND canonical <> ''
