-- E-mail texts that need more than lower case to be compared; `email_key` reads them.
-- Takes records(emails). Gives odd(raw), distinct.
SELECT DISTINCT e.raw
FROM (SELECT unnest(emails) AS raw FROM records) e
WHERE e.raw IS NOT NULL
  AND NOT regexp_full_match(e.raw, '[A-Za-z0-9._%+''-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,}')
