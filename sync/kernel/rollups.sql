-- The counts of each account, from the profiles of its contacts. The interval is added in Python, per account.
--
-- takes  profiles, as profiles.sql gives them and not due; sizes(account, contacts_known)
--        settings(method, account_kind), one row; account_kind is null to take relational first
-- gives  account, survey_kind, promoters, passives, detractors, responses, contacts, contacts_known, declining, sends,
--        answered, as_of, due_at; one row per account, with zeros where nothing counts
--
-- One survey kind per account, never both: an NPS of two programmes is the NPS of neither.
WITH programme AS (
    SELECT
        account, 'relational' AS survey_kind, relational_score AS score, relational_responded_at AS responded_at,
        relational_promoters AS promoters, relational_passives AS passives, relational_detractors AS detractors,
        relational_total AS total
    FROM profiles
    WHERE account IS NOT NULL AND relational_score IS NOT NULL
    UNION ALL
    SELECT
        account, 'transactional', transactional_score, transactional_responded_at,
        transactional_promoters, transactional_passives, transactional_detractors, transactional_total
    FROM profiles
    WHERE account IS NOT NULL AND transactional_score IS NOT NULL
),
contact AS (
    SELECT
        c.*, c.promoters + c.passives + c.detractors AS responses, s.method = 'all' AS every,
        -- One contact, one voice: the latest score, or the mean, which is compared without dividing.
        CASE s.method WHEN 'mean_of_contacts' THEN c.total ELSE c.score END AS voice,
        CASE s.method WHEN 'mean_of_contacts' THEN c.promoters + c.passives + c.detractors ELSE 1 END AS voices
    FROM programme AS c
    CROSS JOIN settings AS s
    WHERE coalesce(c.survey_kind = s.account_kind, true)
),
counted AS (
    SELECT
        account, survey_kind,
        sum(CASE WHEN every THEN promoters ELSE (voice >= 9 * voices)::BIGINT END)::BIGINT AS promoters,
        sum(CASE WHEN every THEN passives ELSE (voice >= 7 * voices AND voice < 9 * voices)::BIGINT END)::BIGINT
            AS passives,
        sum(CASE WHEN every THEN detractors ELSE (voice < 7 * voices)::BIGINT END)::BIGINT AS detractors,
        sum(CASE WHEN every THEN responses ELSE voices END)::BIGINT AS responses,
        count(*) AS contacts,
        max(responded_at) AS as_of
    FROM contact
    GROUP BY account, survey_kind
),
chosen AS (
    SELECT account, min(survey_kind) AS survey_kind FROM counted GROUP BY account  -- relational comes first
),
everyone AS (
    SELECT
        account,
        count(*) FILTER (trend = 'declining') AS declining,
        sum(sends)::BIGINT AS sends,
        sum(answered)::BIGINT AS answered,
        min(due_at) AS due_at
    FROM profiles
    WHERE account IS NOT NULL
    GROUP BY account
)
SELECT
    e.account, c.survey_kind,
    coalesce(c.promoters, 0) AS promoters,
    coalesce(c.passives, 0) AS passives,
    coalesce(c.detractors, 0) AS detractors,
    coalesce(c.responses, 0) AS responses,
    coalesce(c.contacts, 0) AS contacts,
    z.contacts_known::BIGINT AS contacts_known,
    e.declining, e.sends, e.answered, c.as_of, e.due_at
FROM everyone AS e
LEFT JOIN chosen AS k ON k.account = e.account
LEFT JOIN counted AS c ON c.account = k.account AND c.survey_kind = k.survey_kind
LEFT JOIN sizes AS z ON z.account = e.account
ORDER BY e.account
