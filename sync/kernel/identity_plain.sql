-- The matches about which nothing can be in doubt: every key that leads anywhere leads to one and the same living record, by rules
-- that decide, and the name is missing or the very same. Everything else is judged in Python, which would say the same of these.
-- Takes claims(respondent, CLAIM_COLUMNS); rules(number, name, kind, object, decides); slots(slot, place, source);
-- words(word, opens), ours(domain), blocked(value), past(respondent), merged_accounts(id), options(accounts_known);
-- the kept pair(...), live(...), record(...); macros of identity_macros.
-- Gives respondent, number, object, record, account, evidence.
WITH claimed AS (
    SELECT * FROM claims
    WHERE coalesce(phone, '') = '' AND respondent NOT IN (SELECT respondent FROM past)
),
-- The two addresses, taken apart as `sync.identity.mailboxes` does.
address AS (
    SELECT respondent, key, split_part(split_part(key, '@', 1), '+', 1) AS name, split_part(key, '@', 2) AS host
    FROM (SELECT respondent, unnest([email, recipient_email]) AS key FROM claimed) WHERE key IS NOT NULL
),
-- An address that may be a role's, nobody's or ours is left to Python.
doubtful AS (
    SELECT respondent FROM (
        SELECT *, rtrim(regexp_replace(name, '[._-]+', '', 'g'), '0123456789') AS joined, regexp_extract(name, '^[^._-]*') AS first
        FROM address
    ) a
    WHERE a.joined IN (SELECT word FROM words) OR a.first IN (SELECT word FROM words WHERE opens)
       OR a.joined = split_part(a.host, '.', 1) OR a.joined = ''
       OR EXISTS (SELECT 1 FROM ours WHERE a.host = ours.domain OR a.host LIKE '%.' || ours.domain)
),
refused AS (
    SELECT respondent FROM (
        SELECT respondent, unnest([email, recipient_email, salesforce_id, hubspot_id, customer_id, external_ref]) AS value FROM claimed
    ) WHERE value IN (SELECT value FROM blocked) OR lower(value) IN (SELECT value FROM blocked) OR trim(value, '0-') = ''
),
ruled AS (
    SELECT p.respondent, p.slot, p.kind, p.how, p.records, p.object, p.id, r.number, r.name AS rule, r.decides
    FROM pair p LEFT JOIN rules r ON r.kind = p.kind AND (r.object IS NULL OR r.object = p.object)
    WHERE p.respondent NOT IN (SELECT respondent FROM doubtful) AND p.respondent NOT IN (SELECT respondent FROM refused)
    QUALIFY row_number() OVER (PARTITION BY p.respondent, p.slot, p.object, p.id ORDER BY r.number NULLS LAST, p.how) = 1
),
-- One record for all keys, and every key is one that decides.
one AS (
    SELECT respondent, min(object) AS object, min(id) AS id, min(number) AS number, list(slot) AS reached
    FROM ruled GROUP BY respondent
    HAVING count(object) = count(*) AND bool_and(decides) AND count(decides) = count(*)
       AND min(object) = max(object) AND min(id) = max(id)
),
sure AS (
    SELECT o.respondent, o.number, o.object, o.id, t.account,
           coalesce(c.first_name, '') = '' AND coalesce(c.last_name, '') = '' AND coalesce(c.full_name, '') = '' AS nameless,
           (c.email IS NULL OR list_contains(o.reached, 'email'))
               AND (c.recipient_email IS NULL OR list_contains(o.reached, 'recipient_email')) AS all_reached,
           regexp_full_match(c.first_name, '[A-Za-z]{2,}') AND regexp_full_match(c.last_name, '[A-Za-z]{2,}')
               AND lower(c.first_name) = lower(t.first_name) AND lower(c.last_name) = lower(t.last_name) AS same,
           coalesce(c.account_ref, '') = '' AS no_reference
    FROM one o JOIN claimed c USING (respondent) JOIN record t ON t.object = o.object AND t.id = o.id
    WHERE NOT t.deleted AND NOT t.suppressed AND t.merged_into IS NULL
      AND (o.object || o.id) NOT SIMILAR TO '.*[^A-Za-z0-9_.:/-].*'
),
kept AS (
    SELECT s.* FROM sure s, options
    WHERE ((s.nameless AND s.all_reached) OR s.same)
      AND CASE WHEN coalesce(s.account, '') = '' THEN s.no_reference AND NOT accounts_known
               ELSE s.account NOT IN (SELECT id FROM merged_accounts) END
),
told AS (
    SELECT r.respondent, '[' || string_agg(
        '{"slot":"' || r.slot || '","kind":"' || r.how || '","rule":"' || r.rule || '","source":"' || l.source
        || '","says":"person","persons":[["' || r.object || ' ' || r.id || '"]],"holders":' || r.records || '}', ',' ORDER BY l.place
    ) || ']' AS evidence
    FROM ruled r JOIN slots l USING (slot) WHERE r.respondent IN (SELECT respondent FROM kept)
    GROUP BY r.respondent
)
SELECT k.respondent, k.number, k.object, k.id AS record, nullif(k.account, '') AS account, t.evidence
FROM kept k JOIN told t USING (respondent)
