-- Of the pairs of claims without doubt those that say something: a phone that is surely another one, or nobody's, does not.
-- Takes phones(raw, country, certain, suffix): how `phone_keys` reads each phone of identity_phones; the kept clear(...), pair(...).
-- Makes reach(respondent, slot, kind, how, records, object, id, sure); not `sure` is a phone that only might be the claimed one.
CREATE OR REPLACE TEMP TABLE reach AS
SELECT p.respondent, p.slot, p.kind, p.how, p.records, p.object, p.id,
       p.kind <> 'phone' OR coalesce(k.certain = p.key, false) AS sure
FROM pair p SEMI JOIN clear USING (respondent)
LEFT JOIN phones k ON k.raw = p.raw AND k.country IS NOT DISTINCT FROM p.country
WHERE p.kind <> 'phone' OR p.object IS NULL OR (k.suffix IS NOT NULL AND coalesce(split_part(k.certain, ';', 1) = p.key, true));
SELECT count(*) AS reached FROM reach;
