-- The matches about which nothing can be in doubt: every key that leads anywhere leads to one and the same living record, by
-- rules that decide, and the name is missing or the very same; a phone needs the name. Everything else is judged in Python, which
-- says the same of these.
-- Takes rules(number, name, kind, object, decides); slots(slot, place, source); merged_accounts(id), options(accounts_known);
-- titles(word): what is no part of a name; the kept clear(...), reach(...), record(...).
-- Gives respondent, number, object, record, account, evidence.
WITH ruled AS (
    SELECT p.respondent, p.slot, p.how, p.records, p.object, p.id, r.number, r.name AS rule, r.decides AND p.sure AS decides
    FROM reach p LEFT JOIN rules r ON r.kind = p.kind AND (r.object IS NULL OR r.object = p.object)
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
           regexp_full_match(t.first_name, '[A-Za-z]{3,}') AND regexp_full_match(t.last_name, '[A-Za-z]{3,}')
               AND lower(t.first_name || ' ' || t.last_name)
                   = lower(CASE WHEN c.first_name <> '' AND c.last_name <> '' THEN c.first_name || ' ' || c.last_name
                                WHEN coalesce(c.first_name, '') = '' AND coalesce(c.last_name, '') = '' THEN c.full_name END) AS same,
           list_contains(o.reached, 'phone') AS by_phone,
           lower(t.first_name) NOT IN (SELECT word FROM titles) AND lower(t.last_name) NOT IN (SELECT word FROM titles)
               AND NOT regexp_matches(concat(c.first_name, c.last_name, c.full_name), '[^A-Za-z ]') AS whole,
           coalesce(c.account_ref, '') = '' AS no_reference
    FROM one o JOIN clear c USING (respondent) JOIN record t ON t.object = o.object AND t.id = o.id
    WHERE NOT t.deleted AND NOT t.suppressed AND t.merged_into IS NULL
      AND (o.object || o.id) NOT SIMILAR TO '.*[^A-Za-z0-9_.:/-].*'
),
kept AS (
    SELECT s.* FROM sure s, options
    WHERE ((s.nameless AND s.all_reached AND NOT s.by_phone) OR (s.same AND (s.whole OR NOT s.by_phone)))
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
