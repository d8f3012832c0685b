-- How identifiers are loosened, once for claims and records alike; `sync.identity.normalise` states the same in Python.
-- Each macro names its arguments few times: a macro is pasted, so nesting them multiplies the plan.
CREATE OR REPLACE TEMP MACRO digits_of(text) AS regexp_replace(text, '[^0-9]', '', 'g');
-- A claimed phone that was read with its country code and is no number that nobody has.
CREATE OR REPLACE TEMP MACRO certain_phone(text) AS regexp_full_match(text, '\+[0-9]{7,}')
    AND length(list_distinct(string_split(substr(text, 2), ''))) > 2
    AND NOT contains(' 0123456789 1234567890 9876543210', ' ' || substr(text, 2));
CREATE OR REPLACE TEMP MACRO google(host) AS host IN ('gmail.com', 'googlemail.com');
CREATE OR REPLACE TEMP MACRO without_tag(local) AS split_part(local, '+', 1);
CREATE OR REPLACE TEMP MACRO tag_of(local) AS CASE WHEN contains(local, '+') THEN substr(local, strpos(local, '+')) ELSE '' END;
-- An id without its prefix; *prefixes* are the declared ones, longest first, eight at most. (A regular expression from a column
-- would be compiled for every row.)
CREATE OR REPLACE TEMP MACRO without_prefix(text, prefixes) AS
    CASE WHEN prefixes IS NULL THEN text
         WHEN starts_with(text, prefixes[1]) THEN substr(text, length(prefixes[1]) + 1)
         WHEN starts_with(text, prefixes[2]) THEN substr(text, length(prefixes[2]) + 1)
         WHEN starts_with(text, prefixes[3]) THEN substr(text, length(prefixes[3]) + 1)
         WHEN starts_with(text, prefixes[4]) THEN substr(text, length(prefixes[4]) + 1)
         WHEN starts_with(text, prefixes[5]) THEN substr(text, length(prefixes[5]) + 1)
         WHEN starts_with(text, prefixes[6]) THEN substr(text, length(prefixes[6]) + 1)
         WHEN starts_with(text, prefixes[7]) THEN substr(text, length(prefixes[7]) + 1)
         WHEN starts_with(text, prefixes[8]) THEN substr(text, length(prefixes[8]) + 1)
         ELSE text END;
-- An id of which nothing but the declared prefix was taken, as it is compared.
CREATE OR REPLACE TEMP MACRO id_key(bare, form) AS
    CASE form WHEN 'salesforce' THEN CASE WHEN length(bare) IN (15, 18) THEN left(bare, 15) END
              WHEN 'numeric' THEN CASE WHEN regexp_full_match(bare, '[0-9]+(?:\.0)?')
                                       THEN coalesce(nullif(ltrim(regexp_replace(bare, '\.0$', ''), '0'), ''), '0')
                                       ELSE bare END
              ELSE bare END;
SELECT 1 AS ready;
