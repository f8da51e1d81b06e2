-- The rows of the five tables, in DuckDB's dialect: a table macro each. Everything about a row follows from the MD5 sum
-- of its name, 128 bits of which 16 at a time are a share from 0 to 1: the same rows on every machine.

CREATE TEMP MACRO upper_bits(name) AS md5_number_upper(name);
CREATE TEMP MACRO lower_bits(name) AS md5_number_lower(name);
CREATE TEMP MACRO share(bits, place) AS ((bits >> (16 * place)) & 65535) / 65536.0;
CREATE TEMP MACRO pick(list, part) AS list[1 + floor(part * len(list))::BIGINT];
-- Log-normal: three equal shares add up to nearly a normal one.
CREATE TEMP MACRO around(median, spread, bits) AS
    median * exp(spread * 2 * (share(bits, 0) + share(bits, 1) + share(bits, 2) - 1.5));
CREATE TEMP MACRO seconds_after(instant, seconds) AS instant + to_microseconds((seconds * 1e6)::BIGINT);

-- A moment of the sample's days: row after row later, most in the hours in which most is done.
CREATE TEMP MACRO moment(i, n, bits) AS coalesce(
    getvariable('corners')[i + 1],
    seconds_after(
        pick(getvariable('hours'), (i + share(bits, 3)) / n),
        floor((bits & 4294967295) / 4294967296.0 * 3.6e9) / 1e6
    )
);
-- A few rows of days with many, so that each day keeps its contract's tolerance.
CREATE TEMP MACRO breaks(i, n, instant) AS
    n >= 1600 AND i % greatest(400, n // 20) = 200 AND isodow(instant) <= 5;

CREATE TEMP MACRO agent(part) AS pick(
    [
        'planner', 'coder', 'reviewer', 'tester', 'researcher', 'translator-日本語', 'summariser', 'deployer', 'analyst',
        'ops', 'scribe', 'critic', 'Ω-verifier', 'archivist', 'tutor', 'designer'
    ],
    part * part * part
);
CREATE TEMP MACRO words(part) AS pick(
    [
        '夜間レビュー', 'Deploy to staging', 'Übersetzung der Verträge', 'résumé du jour', '報告書を作成する 📊', 'Fix "flaky" tests',
        E'first line\nsecond line', E'tab\tseparated\tvalues', 'مراجعة الكود', 'בדיקת איכות', 'cafe' || chr(769) || ' in two code points',
        '👩‍💻 pairing with 👨🏽‍🔬', 'it''s done; DROP TABLE students; --', 'C:\temp\new, "quoted", and more', E'\r\nWindows line ends\r\n',
        'plain', 'a', '  blanks around  ', 'NULL', '\N', '𝕬 beyond the basic plane', '①②③ ﬁne ligatures', 'data; migration', '100 % 完了'
    ],
    part
);
CREATE TEMP MACRO country(part) AS pick(
    ['JP', 'JP', 'JP', 'JP', 'JP', 'US', 'US', 'US', 'DE', 'DE', 'IN', 'BR', 'FR', 'GB', 'KR', 'TW', NULL], part
);
CREATE TEMP MACRO zone_of(country) AS coalesce(
    map {'JP': 'Asia/Tokyo', 'US': 'America/New_York', 'DE': 'Europe/Berlin', 'IN': 'Asia/Kolkata',
         'BR': 'America/Sao_Paulo', 'FR': 'Europe/Paris', 'GB': 'Europe/London', 'KR': 'Asia/Seoul'}[country],
    'Asia/Taipei'
);

CREATE TEMP MACRO workflow_id(i) AS md5('workflow/' || i)::UUID;
CREATE TEMP MACRO workflow_created(i, n) AS moment(i, n, upper_bits('workflow/' || i));
-- The workflow of row `i` of `n`: about that far in the sample, so that some have many rows and some none.
CREATE TEMP MACRO workflow_of(i, n, workflows, part) AS
    least(workflows - 1, greatest(0, floor((i + 40 * part * part - 20) / n * workflows)))::BIGINT;

-- Of the name `prefix/i`, so that late rows are others than those of the sample.
CREATE TEMP MACRO workflow_rows(prefix, n) AS TABLE
WITH drawn AS (
    SELECT i, n AS total, upper_bits(prefix || '/' || i) AS a, lower_bits(prefix || '/' || i) AS b FROM range(n) AS t(i)
), timed AS (
    SELECT *, moment(i, total, a) AS created_at, greatest(0, around(48000.0, 1.1, b))::BIGINT AS tokens,
        1 + floor(14 * share(b, 3) * share(b, 3))::INTEGER AS tasks,
        pick(['completed', 'completed', 'completed', 'completed', 'completed', 'completed', 'completed', 'completed',
              'completed', 'completed', 'completed', 'failed', 'cancelled', 'running', 'pending'], share(a, 2)) AS status
    FROM drawn
), begun AS (
    SELECT *, CASE WHEN status <> 'pending' THEN seconds_after(created_at, 0.25 + 4 * share(b, 1)) END AS started_at FROM timed
)
SELECT
    md5(prefix || '/' || i)::UUID AS id,
    words(share(b, 0)) || ' #' || i AS name,
    pick(['code_review', 'data_sync', 'report', 'deployment', 'translation', 'research'], share(b, 2) * share(b, 2)) AS workflow_type,
    status,
    pick([NULL, 'akira', 'akira', 'さくら', 'maría', 'Ольга', 'o''brien', NULL], share(a, 0)) AS initiator,
    tasks AS total_tasks,
    CASE status WHEN 'completed' THEN tasks WHEN 'pending' THEN 0 ELSE tasks // 2 END AS completed_tasks,
    CASE status WHEN 'failed' THEN 1 ELSE 0 END AS failed_tasks,
    tokens AS total_tokens,
    (tokens * 0.000015)::DECIMAL(12, 6) AS total_cost_usd,
    CASE WHEN share(a, 1) < 0.9 THEN json_object(
        'repository', pick(['core', 'web', 'データ', NULL], share(b, 1)),
        'priority', pick([1, 2, 3], share(a, 1)),
        'limits', json_object('tokens', 10 * tokens, 'usd', 1.50, 'seconds', NULL),
        'labels', ['nightly', words(share(b, 3))]
    ) END AS metadata,
    created_at,
    started_at,
    CASE
        -- Infinity, which Arrow does not have, takes the place of this when the rows have arrived.
        WHEN breaks(i, total, created_at) THEN TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'
        WHEN status IN ('completed', 'failed', 'cancelled') THEN seconds_after(started_at, 5 + around(180.0, 1.0, a))
    END AS completed_at
FROM begun;

CREATE TEMP MACRO agent_tasks(n, workflows) AS TABLE
WITH drawn AS (
    SELECT i, n AS total, upper_bits('task/' || i) AS a, lower_bits('task/' || i) AS b,
        workflow_of(i, n, workflows, share(lower_bits('task/' || i), 3)) AS w
    FROM range(n) AS t(i)
), timed AS (
    SELECT *, seconds_after(workflow_created(w, workflows), 300 * share(a, 0) * share(a, 0)) AS created_at,
        greatest(0, around(3800.0, 1.2, b))::INTEGER AS tokens,
        pick(['completed', 'completed', 'completed', 'completed', 'completed', 'completed', 'completed', 'completed',
              'failed', 'skipped', 'running', 'pending'], share(a, 1)) AS status
    FROM drawn
)
SELECT
    md5('task/' || i)::UUID AS id,
    workflow_id(w) AS workflow_id,
    agent(share(a, 2)) AS agent_id,
    pick(['generate', 'review', 'test', 'search', 'translate', 'summarise'], share(a, 3) * share(a, 3)) AS task_type,
    status,
    (9 - floor(10 * share(b, 0) * share(b, 1)))::SMALLINT AS priority,
    CASE WHEN share(b, 2) < 0.7 THEN words(share(a, 0)) END AS description,
    json_object('prompt', words(share(b, 1)), 'temperature', 0.70, 'tools', ['search', 'shell'], 'context', json_object('depth', i % 7)) AS input,
    CASE WHEN status = 'completed' THEN json_object(
        'answer', words(share(a, 3)), 'score', round(share(a, 2), 3), 'sources', [json_object('id', i, 'page', NULL)]
    ) END AS output,
    CASE floor(8 * share(b, 3)) WHEN 0 THEN NULL WHEN 1 THEN []::VARCHAR[]
        WHEN 2 THEN ['with space', 'with,comma', 'with"quote', 'NULL', ''] WHEN 3 THEN ['日本', '🚀']
        ELSE ['auto', pick(['fast', 'cheap', 'exact'], share(b, 0))] END AS tags,
    tokens AS tokens_used,
    (tokens * 0.000003)::DECIMAL(10, 6) AS cost_usd,
    CASE WHEN share(a, 1) > 0.6 THEN floor(4 * share(b, 2) * share(b, 2)) ELSE 0 END::SMALLINT AS retries,
    created_at,
    CASE
        WHEN breaks(i, total, created_at) THEN seconds_after(created_at, -60.0)
        WHEN status IN ('completed', 'failed') THEN seconds_after(created_at, around(20.0, 1.0, a))
    END AS completed_at
FROM timed;

CREATE TEMP MACRO agent_metrics(n) AS TABLE
WITH drawn AS (
    SELECT i, n AS total, upper_bits('metric/' || i) AS a, lower_bits('metric/' || i) AS b FROM range(n) AS t(i)
), timed AS (
    SELECT *, moment(i, total, a) AS recorded_at,
        pick(['latency_ms', 'latency_ms', 'tokens_per_second', 'queue_depth', 'error_rate', 'temperature'], share(b, 3)) AS metric_name
    FROM drawn
)
SELECT
    i + 1 AS id,
    agent(share(a, 2)) AS agent_id,
    metric_name,
    CASE WHEN breaks(i, total, recorded_at) THEN 'NaN'::DOUBLE ELSE round(CASE metric_name
        WHEN 'latency_ms' THEN around(420.0, 0.9, b) WHEN 'error_rate' THEN share(b, 0) * share(b, 1)
        WHEN 'queue_depth' THEN floor(30 * share(b, 0) * share(b, 0)) WHEN 'temperature' THEN 40 * (share(b, 1) - 0.5)
        ELSE around(55.0, 0.5, b) END, 4) END AS metric_value,
    map {'latency_ms': 'ms', 'tokens_per_second': '1/s', 'temperature': '°C'}[metric_name] AS unit,
    CASE WHEN share(b, 2) < 0.8 THEN json_object(
        'region', pick(['ap-northeast-1', 'us-east-1', 'eu-central-1'], share(b, 0)), 'host', json_object('name', 'node-' || i % 23)
    ) END AS labels,
    recorded_at
FROM timed;

CREATE TEMP MACRO agent_interactions(n, workflows) AS TABLE
WITH drawn AS (
    SELECT i, upper_bits('interaction/' || i) AS a, lower_bits('interaction/' || i) AS b,
        workflow_of(i, n, workflows, share(lower_bits('interaction/' || i), 3)) AS w
    FROM range(n) AS t(i)
)
SELECT
    md5('interaction/' || i)::UUID AS id,
    workflow_id(w) AS workflow_id,
    agent(share(a, 0)) AS from_agent,
    agent(share(a, 1)) AS to_agent,
    pick(['request', 'request', 'response', 'response', 'handoff', 'feedback'], share(a, 2)) AS interaction_type,
    words(share(a, 3)) || CASE WHEN share(b, 0) < 0.3 THEN E'\n' || words(share(b, 1)) ELSE '' END AS message,
    CASE WHEN share(b, 2) < 0.7 THEN around(250.0, 0.8, b)::INTEGER END AS latency_ms,
    seconds_after(workflow_created(w, workflows), 600 * share(b, 1) * share(b, 2)) AS created_at
FROM drawn;

CREATE TEMP MACRO user_sessions(n) AS TABLE
WITH drawn AS (
    SELECT i, n AS total, upper_bits('session/' || i) AS a, lower_bits('session/' || i) AS b FROM range(n) AS t(i)
), timed AS (
    -- The corners 5 to 7 are of the night that summer time ends in Berlin, the next two of that in New York.
    SELECT *, moment(i, total, a) AS started_at,
        CASE WHEN i BETWEEN 4 AND 6 THEN 'DE' WHEN i BETWEEN 7 AND 8 THEN 'US' ELSE country(share(b, 0)) END AS home
    FROM drawn
)
SELECT
    md5('session/' || i)::UUID AS id,
    md5('user/' || floor((50 + total // 8) * share(b, 1) * share(b, 1))::BIGINT)::UUID AS user_id,
    CASE floor(10 * share(b, 2)) WHEN 0 THEN NULL WHEN 1 THEN '2001:db8::' || (i % 65536)
        ELSE '203.0.113.' || floor(256 * share(a, 2))::INTEGER END AS ip_address,
    pick(['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (iPhone)', 'curl/8.9.1', 'エージェント/1.0', NULL], share(a, 2) * share(a, 2)) AS user_agent,
    CASE WHEN breaks(i, total, started_at) THEN 'zz' ELSE home END AS country,
    share(a, 2) < 0.8 AS authenticated,
    around(12.0, 1.0, b)::INTEGER AS requests,
    CASE WHEN home IS NOT NULL THEN timezone(zone_of(home), started_at) END AS local_start,
    started_at,
    CASE WHEN share(b, 3) < 0.95 THEN seconds_after(started_at, around(900.0, 1.0, b)) END AS ended_at
FROM timed;
