-- The claims that clearly lead nowhere: good identifiers, and no record holds any of them.
-- Takes naming(slot, place): which identifier names an unmatched person; disposable(domain); the kept clear(...), reach(...).
-- Gives respondent, kind, value (the first identifier by place), account_ref, email, recipient_email.
WITH nowhere AS (
    SELECT * FROM clear
    WHERE respondent NOT IN (SELECT respondent FROM reach)
      AND coalesce(split_part(email, '@', 2), '') NOT IN (SELECT domain FROM disposable)
      AND coalesce(split_part(recipient_email, '@', 2), '') NOT IN (SELECT domain FROM disposable)
),
identifier AS (
    UNPIVOT (SELECT respondent, email, recipient_email, phone, salesforce_id, hubspot_id, customer_id, external_ref FROM nowhere)
    ON email, recipient_email, phone, salesforce_id, hubspot_id, customer_id, external_ref INTO NAME slot VALUE value
),
named AS (
    SELECT i.respondent, i.slot, i.value FROM identifier i JOIN naming n USING (slot) WHERE i.value <> ''
    QUALIFY row_number() OVER (PARTITION BY i.respondent ORDER BY n.place) = 1
)
SELECT n.respondent, CASE m.slot WHEN 'recipient_email' THEN 'email' ELSE m.slot END AS kind, m.value,
       n.account_ref, n.email, n.recipient_email
FROM nowhere n JOIN named m USING (respondent)
