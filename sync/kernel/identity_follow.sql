-- Where merged and converted records lead: at most ten hops, never round in circles.
-- Takes the kept record(object, id, merged_into, ...), one row per record.
-- Makes live(object, id, live_object, live_id): every record that was merged; live_id is null where the trail is lost.
CREATE OR REPLACE TEMP TABLE live AS
WITH RECURSIVE step AS (
    SELECT r.object, r.id, t.object AS to_object, t.id AS to_id
    FROM record r LEFT JOIN record t ON t.id = r.merged_into
    WHERE r.merged_into IS NOT NULL AND r.merged_into <> r.id
    QUALIFY row_number() OVER (PARTITION BY r.object, r.id ORDER BY t.object IS NOT DISTINCT FROM r.object DESC, t.object) = 1
),
walk AS (
    SELECT object, id, to_object, to_id, 1 AS hops FROM step
    UNION ALL
    SELECT w.object, w.id, s.to_object, s.to_id, w.hops + 1
    FROM walk w JOIN step s ON s.object = w.to_object AND s.id = w.to_id
    WHERE w.hops < 11
)
SELECT object, id,
       CASE WHEN hops <= 10 THEN to_object END AS live_object,
       CASE WHEN hops <= 10 THEN to_id END AS live_id
FROM walk
QUALIFY row_number() OVER (PARTITION BY object, id ORDER BY hops DESC) = 1;
SELECT count(*) AS merged FROM live;
