-- One person's NPS state from that person's responses.
--
-- takes  responses(subject, key, score, responded_at, survey, survey_kind, source, comment, account); keys are unique
--        settings(now_ms, expires_ms, fresh_relational_ms, fresh_transactional_ms, trend_drop, trend_within_ms,
--                 risk_detractor, risk_declining, risk_silent, risk_stale), one row
-- gives  one row per subject, as documented in docs/reference/nps.md; times are epoch milliseconds, UTC
--
-- The latest response of all kinds speaks for the person; it is compared with, and counted among, those of its own kind.
-- Ties in time end on the key. The comment is fetched for the latest response only: it stays out of the sorting.
WITH placed AS (
    SELECT
        r.subject, r.key, r.score, r.responded_at, r.survey_kind, r.account,
        r.responded_at + s.expires_ms > s.now_ms AS counts,
        CASE WHEN r.score >= 9 THEN 2 WHEN r.score >= 7 THEN 1 ELSE 0 END AS rank,
        row_number() OVER person AS place,
        row_number() OVER programme AS place_in_kind,
        lead(r.score) OVER programme AS previous_score,
        lead(r.responded_at) OVER programme AS previous_responded_at
    FROM responses AS r, settings AS s
    WINDOW
        person AS (PARTITION BY r.subject ORDER BY r.responded_at DESC, r.key DESC),
        programme AS (PARTITION BY r.subject, r.survey_kind ORDER BY r.responded_at DESC, r.key DESC)
),
person AS (
    SELECT
        subject,
        arg_max(account, struct_pack(at := responded_at, key := key)) FILTER (account IS NOT NULL) AS account,
        max(key) FILTER (place = 1) AS key,
        max(previous_score) FILTER (place = 1) AS previous_score,
        max(previous_responded_at) FILTER (place = 1) AS previous_responded_at,
        min(responded_at) AS first_responded_at,
        min(responded_at) FILTER (counts) AS oldest_counted_at,
        count(*) AS surveyed,
        max(score) FILTER (counts AND place_in_kind = 1 AND survey_kind = 'relational') AS relational_score,
        max(responded_at) FILTER (counts AND survey_kind = 'relational') AS relational_responded_at,
        count(*) FILTER (counts AND rank = 2 AND survey_kind = 'relational') AS relational_promoters,
        count(*) FILTER (counts AND rank = 1 AND survey_kind = 'relational') AS relational_passives,
        count(*) FILTER (counts AND rank = 0 AND survey_kind = 'relational') AS relational_detractors,
        coalesce(sum(score) FILTER (counts AND survey_kind = 'relational'), 0)::BIGINT AS relational_total,
        max(score) FILTER (counts AND place_in_kind = 1 AND survey_kind = 'transactional') AS transactional_score,
        max(responded_at) FILTER (counts AND survey_kind = 'transactional') AS transactional_responded_at,
        count(*) FILTER (counts AND rank = 2 AND survey_kind = 'transactional') AS transactional_promoters,
        count(*) FILTER (counts AND rank = 1 AND survey_kind = 'transactional') AS transactional_passives,
        count(*) FILTER (counts AND rank = 0 AND survey_kind = 'transactional') AS transactional_detractors,
        coalesce(sum(score) FILTER (counts AND survey_kind = 'transactional'), 0)::BIGINT AS transactional_total
    FROM placed
    GROUP BY subject
),
latest AS (
    SELECT
        p.*, r.score, r.comment, r.survey, r.survey_kind, r.source, r.responded_at,
        CASE WHEN r.score >= 9 THEN 'promoter' WHEN r.score >= 7 THEN 'passive' ELSE 'detractor' END AS category,
        CASE WHEN r.score >= 9 THEN 100 WHEN r.score >= 7 THEN 0 ELSE -100 END AS points,
        CASE WHEN r.score >= 9 THEN 2 WHEN r.score >= 7 THEN 1 ELSE 0 END
            - CASE WHEN p.previous_score >= 9 THEN 2 WHEN p.previous_score >= 7 THEN 1 ELSE 0 END AS moved,
        r.responded_at
            + CASE r.survey_kind WHEN 'transactional' THEN s.fresh_transactional_ms ELSE s.fresh_relational_ms END
            AS stale_at,
        r.responded_at + s.expires_ms AS expires_at
    FROM person AS p
    JOIN responses AS r ON r.key = p.key
    CROSS JOIN settings AS s
),
judged AS (
    SELECT
        l.*,
        CASE
            WHEN s.now_ms >= l.expires_at THEN 'expired'
            WHEN s.now_ms >= l.stale_at THEN 'stale'
            ELSE 'current'
        END AS status,
        CASE
            WHEN l.previous_score IS NULL OR s.now_ms >= l.expires_at THEN NULL
            WHEN l.moved > 0 THEN 'improving'
            WHEN l.moved < 0 THEN 'declining'
            WHEN l.responded_at - l.previous_responded_at > s.trend_within_ms THEN 'steady'
            WHEN l.score - l.previous_score >= s.trend_drop THEN 'improving'
            WHEN l.previous_score - l.score >= s.trend_drop THEN 'declining'
            ELSE 'steady'
        END AS trend
    FROM latest AS l
    CROSS JOIN settings AS s
),
flagged AS (
    SELECT
        j.*,
        list_filter([
            CASE WHEN s.risk_detractor AND j.category = 'detractor' AND j.status <> 'expired' THEN 'detractor' END,
            CASE WHEN s.risk_declining AND j.trend = 'declining' THEN 'declining' END,
            CASE WHEN s.risk_silent AND j.status = 'never_responded' THEN 'silent' END,
            CASE WHEN s.risk_stale AND j.status IN ('stale', 'expired') THEN 'stale' END
        ], lambda reason: reason IS NOT NULL) AS risk_reasons
    FROM judged AS j
    CROSS JOIN settings AS s
)
SELECT
    f.subject, f.account, f.key,
    f.score::INTEGER AS score, f.points::INTEGER AS points, f.category, f.comment, f.survey, f.survey_kind, f.source,
    f.responded_at, f.previous_score::INTEGER AS previous_score, f.previous_responded_at, f.first_responded_at,
    CASE f.survey_kind
        WHEN 'transactional' THEN f.transactional_promoters + f.transactional_passives + f.transactional_detractors
        ELSE f.relational_promoters + f.relational_passives + f.relational_detractors
    END AS responses,
    CASE f.survey_kind WHEN 'transactional' THEN f.transactional_promoters ELSE f.relational_promoters END AS promoters,
    CASE f.survey_kind WHEN 'transactional' THEN f.transactional_passives ELSE f.relational_passives END AS passives,
    CASE f.survey_kind WHEN 'transactional' THEN f.transactional_detractors ELSE f.relational_detractors END
        AS detractors,
    f.surveyed,
    f.trend, f.status,
    len(f.risk_reasons) > 0 AS risk, f.risk_reasons,
    f.relational_score::INTEGER AS relational_score, f.relational_responded_at,
    f.relational_promoters, f.relational_passives, f.relational_detractors, f.relational_total,
    f.transactional_score::INTEGER AS transactional_score, f.transactional_responded_at,
    f.transactional_promoters, f.transactional_passives, f.transactional_detractors, f.transactional_total,
    -- The next moment at which time alone changes something above; null if never.
    least(
        CASE WHEN f.stale_at > s.now_ms AND f.stale_at < f.expires_at THEN f.stale_at END,
        f.oldest_counted_at + s.expires_ms
    ) AS due_at
FROM flagged AS f
CROSS JOIN settings AS s
