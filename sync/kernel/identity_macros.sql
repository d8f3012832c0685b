-- How identifiers are loosened, once for claims and records alike; `sync.identity.normalise` states the same in Python.
CREATE OR REPLACE TEMP MACRO digits_of(text) AS regexp_replace(text, '[^0-9]', '', 'g');
CREATE OR REPLACE TEMP MACRO google(domain) AS domain IN ('gmail.com', 'googlemail.com');
CREATE OR REPLACE TEMP MACRO mailbox_name(local, domain) AS
    CASE WHEN google(domain) THEN replace(split_part(local, '+', 1), '.', '') ELSE split_part(local, '+', 1) END;
CREATE OR REPLACE TEMP MACRO mailbox_domain(domain) AS CASE WHEN google(domain) THEN 'gmail.com' ELSE domain END;
-- The same mailbox whatever the spelling; *domain* has its alias resolved.
CREATE OR REPLACE TEMP MACRO canonical_mailbox(key, domain) AS
    mailbox_name(split_part(key, '@', 1), domain)
    || substr(split_part(key, '@', 1), length(split_part(split_part(key, '@', 1), '+', 1)) + 1)
    || '@' || mailbox_domain(domain);
-- The canonical form without its +tag.
CREATE OR REPLACE TEMP MACRO base_mailbox(key, domain) AS
    CASE WHEN mailbox_name(split_part(key, '@', 1), domain) = '' THEN canonical_mailbox(key, domain)
         ELSE mailbox_name(split_part(key, '@', 1), domain) || '@' || mailbox_domain(domain) END;
-- An id as it is compared; *prefixes* are the declared ones, longest first, eight at most. (A regular expression from a column
-- would be compiled for every row.)
CREATE OR REPLACE TEMP MACRO without_prefix(text, prefixes) AS
    CASE WHEN prefixes IS NULL THEN trim(text)
         WHEN starts_with(trim(text), prefixes[1]) THEN substr(trim(text), length(prefixes[1]) + 1)
         WHEN starts_with(trim(text), prefixes[2]) THEN substr(trim(text), length(prefixes[2]) + 1)
         WHEN starts_with(trim(text), prefixes[3]) THEN substr(trim(text), length(prefixes[3]) + 1)
         WHEN starts_with(trim(text), prefixes[4]) THEN substr(trim(text), length(prefixes[4]) + 1)
         WHEN starts_with(trim(text), prefixes[5]) THEN substr(trim(text), length(prefixes[5]) + 1)
         WHEN starts_with(trim(text), prefixes[6]) THEN substr(trim(text), length(prefixes[6]) + 1)
         WHEN starts_with(trim(text), prefixes[7]) THEN substr(trim(text), length(prefixes[7]) + 1)
         WHEN starts_with(trim(text), prefixes[8]) THEN substr(trim(text), length(prefixes[8]) + 1)
         ELSE trim(text) END;
CREATE OR REPLACE TEMP MACRO as_number(text) AS
    CASE WHEN regexp_full_match(text, '[0-9]+(?:\.0)?')
         THEN CASE WHEN ltrim(regexp_replace(text, '\.0$', ''), '0') = '' THEN '0' ELSE ltrim(regexp_replace(text, '\.0$', ''), '0') END
         ELSE text END;
CREATE OR REPLACE TEMP MACRO id_key(text, form, prefixes) AS
    CASE form WHEN 'salesforce' THEN CASE WHEN length(trim(text)) IN (15, 18) THEN left(trim(text), 15) END
              WHEN 'numeric' THEN as_number(without_prefix(text, prefixes))
              ELSE nullif(without_prefix(text, prefixes), '') END;
SELECT 1 AS ready;
