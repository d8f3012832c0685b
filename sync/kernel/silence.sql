-- The profiles of those who answered together with what was sent to them, and the profiles of those who never answered.
--
-- takes  answered, as profiles.sql gives it; sends(subject, account, key, state, sent_at), keys are unique
--        settings, as for profiles.sql
-- gives  the columns of profiles.sql. `sends` and `answered` count what was delivered within `expires_ms`; blank where
--        nothing is known to have been sent
--
-- Silent is who was reached and of whom neither we nor the service know an answer. What bounced asked nobody.
WITH asked AS (
    SELECT
        s.subject,
        max(struct_pack(sent_at := s.sent_at, key := s.key, account := s.account)).account AS account,
        count(*) FILTER (s.state <> 'bounced') AS reached,
        count(*) FILTER (s.state = 'answered') AS replied,
        count(*) FILTER (s.state <> 'bounced' AND s.sent_at + t.expires_ms > t.now_ms) AS sends,
        count(*) FILTER (s.state = 'answered' AND s.sent_at + t.expires_ms > t.now_ms) AS answered,
        max(s.sent_at) FILTER (s.state <> 'bounced') AS last_sent_at,
        min(s.sent_at) FILTER (s.state <> 'bounced' AND s.sent_at + t.expires_ms > t.now_ms) + t.expires_ms AS fewer_at
    FROM sends AS s
    CROSS JOIN settings AS t
    GROUP BY s.subject, t.expires_ms
)
SELECT
    p.* EXCLUDE (sends, answered, last_sent_at, responded, due_at) REPLACE (
        coalesce(p.subject, a.subject) AS subject,
        coalesce(p.account, a.account) AS account,
        coalesce(p.responses, 0) AS responses,
        coalesce(p.promoters, 0) AS promoters,
        coalesce(p.passives, 0) AS passives,
        coalesce(p.detractors, 0) AS detractors,
        -- Which response came of which send is not told, so it is the greater of the two numbers.
        greatest(p.surveyed, a.reached) AS surveyed,
        coalesce(p.status, 'never_responded') AS status,
        coalesce(p.risk, t.risk_silent) AS risk,
        CASE
            WHEN p.subject IS NOT NULL THEN p.risk_reasons
            WHEN t.risk_silent THEN ['silent']
            ELSE []
        END AS risk_reasons,
        coalesce(p.relational_promoters, 0) AS relational_promoters,
        coalesce(p.relational_passives, 0) AS relational_passives,
        coalesce(p.relational_detractors, 0) AS relational_detractors,
        coalesce(p.relational_total, 0) AS relational_total,
        coalesce(p.transactional_promoters, 0) AS transactional_promoters,
        coalesce(p.transactional_passives, 0) AS transactional_passives,
        coalesce(p.transactional_detractors, 0) AS transactional_detractors,
        coalesce(p.transactional_total, 0) AS transactional_total
    ),
    CASE WHEN a.reached > 0 THEN a.sends END AS sends,
    CASE WHEN a.reached > 0 THEN a.answered END AS answered,
    a.last_sent_at,
    p.subject IS NOT NULL AS responded,
    least(p.due_at, a.fewer_at) AS due_at
FROM answered AS p
FULL JOIN asked AS a ON a.subject = p.subject
CROSS JOIN settings AS t
WHERE p.subject IS NOT NULL OR (a.reached > 0 AND a.replied = 0)
