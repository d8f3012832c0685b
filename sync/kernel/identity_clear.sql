-- The claims about which there is no doubt in themselves: no phone that is not known for certain, no past, no address or id
-- that may mean nobody, a function or our own staff. What it leaves out is judged in Python; it may leave out too much, never too little.
-- Takes claims(respondent, CLAIM_COLUMNS); words(word, opens), ours(domain), blocked(value), past(respondent).
-- Makes clear(CLAIM_COLUMNS and respondent).
CREATE OR REPLACE TEMP TABLE clear AS
WITH claimed AS (
    SELECT * FROM claims
    WHERE (coalesce(phone, '') = '' OR certain_phone(phone)) AND respondent NOT IN (SELECT respondent FROM past)
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
        SELECT respondent, unnest([email, recipient_email, phone, salesforce_id, hubspot_id, customer_id, external_ref]) AS value
        FROM claimed
    ) WHERE value IN (SELECT value FROM blocked) OR lower(value) IN (SELECT value FROM blocked) OR trim(value, '0-') = ''
)
SELECT * FROM claimed
WHERE respondent NOT IN (SELECT respondent FROM doubtful) AND respondent NOT IN (SELECT respondent FROM refused);
SELECT count(*) AS clear FROM clear;
