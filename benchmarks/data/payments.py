"""Payments as CSV: quotes, commas, line ends and Unicode in their names, and bad rows of every kind."""

from benchmarks.data.raw_lines import NO_UTF8, NUL, Lines

_VALUES = """
SELECT
    kind,
    noise,
    n AS payment_id,
    md5(n::VARCHAR)::UUID::VARCHAR AS payer,
    CASE WHEN n % 1009 = 500 THEN 'Line' || chr(10) || 'end, ' || n
         WHEN n % 25 = 3 THEN 'Doe, Jo ' || noise % 977
         WHEN n % 40 = 7 THEN 'The "' || noise % 877 || '" Ltd'
         WHEN n % 30 = 11 THEN 'Łukasz 🙂 ' || noise % 1013
         ELSE 'Ann ' || noise % 100003 END AS name,
    ((noise % 99999999)::DECIMAL(12, 0) / 100)::DECIMAL(12, 2) AS amount,
    (noise % 9973) / 64.0::DOUBLE AS rate,
    (1 + noise % 1000)::INTEGER AS quantity,
    noise % 3 = 0 AS express,
    DATE '2000-01-01' + (noise % 9000)::INTEGER AS day,
    TIMESTAMP '2026-10-01' + to_seconds(noise % 2592000) AS paid_at,
    TIMESTAMP '2026-01-01' + to_seconds(noise % 25920000) AS local_at,
    ['new', 'paid', 'refunded'][noise % 3 + 1] AS status,
    CASE WHEN n % 4 = 0 THEN 'ok' END AS comment,
FROM numbered
"""

_NAME = f"""
CASE kind
    WHEN 'open quote' THEN '"Open'
    WHEN 'text after quote' THEN '"Doe" Jo'
    WHEN 'no utf-8' THEN 'Jos{NO_UTF8}'
    WHEN 'nul' THEN 'N{NUL}l'
    WHEN 'no name' THEN ''
    WHEN 'long name' THEN repeat('long', 11)
    ELSE CASE WHEN name SIMILAR TO '(.|\\n)*[",\\n](.|\\n)*'
              THEN '"' || replace(name, '"', '""') || '"' ELSE name END
END
"""

_LINE = f"""
payment_id || ',' || CASE kind WHEN 'no uuid' THEN replace(payer, '-', '+') ELSE payer END
|| ',' || {_NAME}
|| ',' || CASE kind WHEN 'rounding' THEN amount || '5' WHEN 'digits' THEN '99999999999.99' ELSE amount::VARCHAR END
|| ',' || CASE kind WHEN 'nan' THEN 'NaN' WHEN 'infinity' THEN 'Infinity' ELSE rate::VARCHAR END
|| ',' || CASE kind WHEN 'bits' THEN '99999999999' WHEN 'fraction' THEN '1.5' WHEN 'underscore' THEN '1_0'
               WHEN 'range' THEN '1001' ELSE quantity::VARCHAR END
|| ',' || CASE kind WHEN 'no boolean' THEN 'maybe' ELSE express::VARCHAR END
|| ',' || CASE kind WHEN 'no day' THEN '2026-02-30' ELSE day::VARCHAR END
|| ',' || CASE kind WHEN 'no time' THEN '2026-10-01T25:61:00Z' ELSE replace(paid_at::VARCHAR, ' ', 'T') || 'Z' END
|| ',' || replace(local_at::VARCHAR, ' ', 'T') || CASE kind WHEN 'zone' THEN '+02:00' ELSE '' END
|| CASE kind WHEN 'short' THEN '' ELSE ',' || CASE kind WHEN 'not allowed' THEN 'lost' ELSE status END END
|| CASE kind WHEN 'short' THEN '' WHEN 'long' THEN ',ok,more' ELSE ',' || coalesce(comment, '') END
"""

PAYMENTS = Lines(
    header="payment_id,payer,name,amount,rate,quantity,express,day,paid_at,local_at,status,comment\n",
    values=_VALUES,
    line=_LINE,
    types={
        "payment_id": "BIGINT",
        "payer": "VARCHAR",
        "name": "VARCHAR",
        "amount": "DECIMAL(12, 2)",
        "rate": "DOUBLE",
        "quantity": "INTEGER",
        "express": "BOOLEAN",
        "day": "DATE",
        "paid_at": "TIMESTAMPTZ",
        "local_at": "TIMESTAMP",
        "status": "VARCHAR",
        "comment": "VARCHAR",
    },
    codes={
        "short": "columns",
        "long": "columns",
        "open quote": "quotes",
        "text after quote": "quotes",
        "no utf-8": "encoding",
        "nul": "nul",
        "no name": "required",
        "long name": "length",
        "no uuid": "type",
        "rounding": "type",
        "digits": "type",
        "nan": "type",
        "infinity": "type",
        "bits": "type",
        "fraction": "type",
        "underscore": "type",
        "range": "range",
        "no boolean": "type",
        "no day": "type",
        "no time": "type",
        "zone": "type",
        "not allowed": "allowed",
    },
)
