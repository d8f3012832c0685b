-- The matches about which nothing can be in doubt: every key that leads anywhere leads to one and the same living record, by
-- rules that decide, and the name is missing or the very same; a phone needs the name. Everything else is judged in Python, which
-- says the same of these.
-- Takes rules(number, name, kind, object, decides); slots(slot, place, source); merged_accounts(id), options(accounts_known);
-- titles(word): what is no part of a name; the kept clear(...), reach(...), record(...).
-- Gives respondent, number, object, record, person (as `person_of_record`), account, evidence.
WITH led AS (
    SELECT respondent, slot, kind, object, id, min(how) AS how, max(records) AS records, bool_and(sure) AS sure
    FROM reach GROUP BY ALL
),
-- The rule that compares a kind on an object: the first one.
first_rule AS (
    SELECT k.kind, k.object, min_by(r, r.number) AS rule
    FROM (SELECT DISTINCT kind, object FROM reach) k JOIN rules r ON r.kind = k.kind AND (r.object IS NULL OR r.object = k.object)
    GROUP BY ALL
),
-- One record for all keys, and every key is one that decides.
one AS (
    SELECT l.respondent, min(l.object) AS object, min(l.id) AS id, min(f.rule.number) AS number, list(l.slot) AS reached,
           list({'place': s.place, 'opens': '{"slot":"' || l.slot || '","kind":"' || l.how || '","rule":"' || f.rule.name
               || '","source":"' || s.source || '","says":"person","persons":[["', 'records': l.records}) AS keys
    FROM led l JOIN slots s USING (slot) LEFT JOIN first_rule f ON f.kind = l.kind AND f.object = l.object
    GROUP BY l.respondent
    HAVING count(f.rule.number) = count(*) AND bool_and(f.rule.decides AND l.sure)
       AND min(l.object) = max(l.object) AND min(l.id) = max(l.id)
),
sure AS (
    SELECT o.respondent, o.number, o.object, o.id, o.keys, t.account,
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
)
SELECT respondent, number, object, id AS record, md5(concat_ws(chr(31), 'record', object, id)) AS person,
       nullif(account, '') AS account,
       '[' || array_to_string(list_transform(list_sort(keys),
           lambda key: key.opens || object || ' ' || id || '"]],"holders":' || key.records || '}'), ',') || ']' AS evidence
FROM kept
