-- One person's NPS state from that person's responses.
--
-- takes  responses(subject, key, score, responded_at, survey, survey_kind, source, comment, account); keys are unique
--        settings(now_ms, expires_ms, fresh_relational_ms, fresh_transactional_ms, trend_drop, trend_within_ms,
--                 risk_detractor, risk_declining, risk_silent, risk_stale), one row
-- gives  one row per subject, as documented in docs/reference/nps.md; times are epoch milliseconds, UTC
--
-- The latest response of all kinds speaks for the person; it is compared with, and counted among, those of its own kind.
-- Ties in time end on the key. Comments are joined last, for the latest responses only: they stay out of the sorting.
WITH placed AS (
    SELECT
        r.subject, r.survey_kind, r.key, r.score, r.responded_at, r.account,
        r.responded_at + s.expires_ms > s.now_ms AS counts,
        row_number() OVER programme AS place,
        lead(r.score) OVER programme AS previous_score,
        lead(r.responded_at) OVER programme AS previous_responded_at
    FROM responses AS r
    CROSS JOIN settings AS s
    WINDOW programme AS (PARTITION BY r.subject, r.survey_kind ORDER BY r.responded_at DESC, r.key DESC)
),
programme AS (  -- a person within one survey kind
    SELECT
        subject, survey_kind,
        max(key) FILTER (place = 1) AS key,
        max(responded_at) AS responded_at,
        max(previous_score) FILTER (place = 1) AS previous_score,
        max(previous_responded_at) FILTER (place = 1) AS previous_responded_at,
        min(responded_at) AS first_responded_at,
        min(responded_at) FILTER (counts) AS oldest_counted_at,
        count(*) AS surveyed,
        max(struct_pack(responded_at := responded_at, key := key, account := account)) FILTER (account IS NOT NULL) AS placed_in,
        max(score) FILTER (counts AND place = 1) AS counted_score,
        max(responded_at) FILTER (counts) AS counted_at,
        count(*) FILTER (counts AND score >= 9) AS promoters,
        count(*) FILTER (counts AND score BETWEEN 7 AND 8) AS passives,
        count(*) FILTER (counts AND score < 7) AS detractors,
        coalesce(sum(score) FILTER (counts), 0)::BIGINT AS total
    FROM placed
    GROUP BY subject, survey_kind
),
person AS (  -- the latest of all kinds, and both kinds side by side for the rollups
    SELECT
        subject,
        max(struct_pack(
            responded_at := responded_at, key := key, survey_kind := survey_kind,
            previous_score := previous_score, previous_responded_at := previous_responded_at
        )) AS latest,
        max(placed_in).account AS account,
        min(first_responded_at) AS first_responded_at,
        min(oldest_counted_at) AS oldest_counted_at,
        sum(surveyed)::BIGINT AS surveyed,
        max(counted_score) FILTER (survey_kind = 'relational') AS relational_score,
        max(counted_at) FILTER (survey_kind = 'relational') AS relational_responded_at,
        coalesce(sum(promoters) FILTER (survey_kind = 'relational'), 0)::BIGINT AS relational_promoters,
        coalesce(sum(passives) FILTER (survey_kind = 'relational'), 0)::BIGINT AS relational_passives,
        coalesce(sum(detractors) FILTER (survey_kind = 'relational'), 0)::BIGINT AS relational_detractors,
        coalesce(sum(total) FILTER (survey_kind = 'relational'), 0)::BIGINT AS relational_total,
        max(counted_score) FILTER (survey_kind = 'transactional') AS transactional_score,
        max(counted_at) FILTER (survey_kind = 'transactional') AS transactional_responded_at,
        coalesce(sum(promoters) FILTER (survey_kind = 'transactional'), 0)::BIGINT AS transactional_promoters,
        coalesce(sum(passives) FILTER (survey_kind = 'transactional'), 0)::BIGINT AS transactional_passives,
        coalesce(sum(detractors) FILTER (survey_kind = 'transactional'), 0)::BIGINT AS transactional_detractors,
        coalesce(sum(total) FILTER (survey_kind = 'transactional'), 0)::BIGINT AS transactional_total
    FROM programme
    GROUP BY subject
),
latest AS (
    SELECT
        p.*, r.key, r.score, r.comment, r.survey, r.survey_kind, r.source, r.responded_at,
        p.latest.previous_score AS previous_score,
        p.latest.previous_responded_at AS previous_responded_at
    FROM person AS p
    JOIN responses AS r ON r.key = p.latest.key
),
timed AS (
    SELECT
        l.*, s.*,
        CASE WHEN l.score >= 9 THEN 'promoter' WHEN l.score >= 7 THEN 'passive' ELSE 'detractor' END AS category,
        CASE WHEN l.score >= 9 THEN 100 WHEN l.score >= 7 THEN 0 ELSE -100 END AS points,
        CASE WHEN l.previous_score >= 9 THEN 100 WHEN l.previous_score >= 7 THEN 0 ELSE -100 END AS previous_points,
        l.responded_at
            + CASE l.survey_kind WHEN 'transactional' THEN s.fresh_transactional_ms ELSE s.fresh_relational_ms END
            AS stale_at,
        l.responded_at + s.expires_ms AS expires_at
    FROM latest AS l
    CROSS JOIN settings AS s
),
judged AS (
    SELECT
        l.*,
        CASE
            WHEN l.now_ms >= l.expires_at THEN 'expired'
            WHEN l.now_ms >= l.stale_at THEN 'stale'
            ELSE 'current'
        END AS status,
        CASE
            WHEN l.previous_score IS NULL OR l.now_ms >= l.expires_at THEN NULL
            WHEN l.points > l.previous_points THEN 'improving'
            WHEN l.points < l.previous_points THEN 'declining'
            WHEN l.responded_at - l.previous_responded_at > l.trend_within_ms THEN 'steady'
            WHEN l.score - l.previous_score >= l.trend_drop THEN 'improving'
            WHEN l.previous_score - l.score >= l.trend_drop THEN 'declining'
            ELSE 'steady'
        END AS trend
    FROM timed AS l
),
flagged AS (
    SELECT
        j.*,
        list_filter([
            CASE WHEN j.risk_detractor AND j.category = 'detractor' AND j.status <> 'expired' THEN 'detractor' END,
            CASE WHEN j.risk_declining AND j.trend = 'declining' THEN 'declining' END,
            CASE WHEN j.risk_silent AND j.status = 'never_responded' THEN 'silent' END,
            CASE WHEN j.risk_stale AND j.status IN ('stale', 'expired') THEN 'stale' END
        ], lambda reason: reason IS NOT NULL) AS risk_reasons
    FROM judged AS j
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
    -- What silence.sql adds, where it is known who was asked.
    NULL::BIGINT AS sends, NULL::BIGINT AS answered, NULL::BIGINT AS last_sent_at, true AS responded,
    -- The next moment at which time alone changes something above, or null if never.
    least(
        CASE WHEN f.stale_at > f.now_ms THEN f.stale_at END,
        f.oldest_counted_at + f.expires_ms
    ) AS due_at
FROM flagged AS f
