-- The phones of records to which claims without doubt lead by their last digits; `phone_keys` reads them.
-- Takes the kept clear(...), pair(...). Gives (raw, country), distinct.
SELECT DISTINCT p.raw, p.country FROM pair p SEMI JOIN clear USING (respondent) WHERE p.kind = 'phone' AND p.raw IS NOT NULL
