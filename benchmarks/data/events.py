"""Events as JSON Lines: structs, lists of structs, decimals, and bad lines of every kind."""

from benchmarks.data.raw_lines import NO_UTF8, Lines

_VALUES = """
SELECT
    kind,
    n AS event_id,
    n * 1000003 AS sequence,
    TIMESTAMP '2026-10-01' + to_seconds(noise % 2592000) AS at,
    {
        'id': md5(n::VARCHAR)::UUID::VARCHAR,
        'name': CASE WHEN n % 30 = 11 THEN 'Łukasz 🙂 ' ELSE 'Ann ' END || noise % 100003,
        'address': {
            'city': ['Berlin', 'Łódź', 'São Paulo'][noise % 3 + 1],
            'postcode': (10000 + noise % 89999)::VARCHAR
        }
    } AS user,
    list_transform(range(n % 2 + 1), lambda i: {
        'sku': 'A-' || (noise + i) % 9973,
        'quantity': (1 + (noise + i) % 9)::INTEGER,
        'price': ((noise + 7 * i) % 99999)::DECIMAL(10, 0) / 100
    }) AS items,
    ((noise % 99999999)::DECIMAL(18, 0) / 10000)::DECIMAL(18, 4) AS total,
    (noise % 9973) / 64.0::DOUBLE AS score,
    ['shop', ['web', 'app'][n % 2 + 1]] AS tags,
    noise % 3 = 0 AS active,
    CASE WHEN n % 4 = 0 THEN 'gift' END AS note,
FROM numbered
"""

_ITEM = """
'{"sku":"' || item.sku || '","quantity":' || item.quantity || ',"price":' || item.price::DECIMAL(10, 2) || '}'
"""

_RECORD = f"""
'{{"event_id":' || event_id || ',"sequence":'
|| CASE kind WHEN 'big integer' THEN '18446744073709551616' ELSE sequence::VARCHAR END
|| CASE kind WHEN 'no time given' THEN ''
        WHEN 'no time' THEN ',"at":"2026-13-01T00:00:00Z"'
        ELSE ',"at":"' || replace("at"::VARCHAR, ' ', 'T') || 'Z"' END
|| ',"user":{{"id":"' || "user".id || '","name":"'
|| CASE kind WHEN 'no utf-8' THEN 'Jos{NO_UTF8}' WHEN 'nul' THEN 'N\\u0000l' ELSE "user".name END
|| '","address":' || CASE kind WHEN 'no struct' THEN '"Berlin"'
                       ELSE '{{"city":"' || "user".address.city || '","postcode":"'
                            || "user".address.postcode || '"}}' END
|| '}},"items":[' || array_to_string(list_transform(items, lambda item: {_ITEM}), ',')
|| CASE kind WHEN 'wrong item' THEN ',{{"sku":"A-0","quantity":"two","price":1.00}}' ELSE '' END
|| '],"total":' || CASE kind WHEN 'text for number' THEN '"' || total || '"' WHEN 'rounding' THEN total || '5'
                          WHEN 'range' THEN '-' || (total + 1) ELSE total::VARCHAR END
|| ',"score":' || CASE kind WHEN 'nan' THEN 'NaN' ELSE score::VARCHAR END
|| ',"tags":["' || array_to_string(tags, '","') || '"],"active":'
|| CASE kind WHEN 'number for boolean' THEN '1' ELSE active::VARCHAR END
|| CASE kind WHEN 'duplicate key' THEN ',"active":' || (NOT active)::VARCHAR ELSE '' END
|| ',"note":' || coalesce('"' || note || '"', 'null')
|| CASE kind WHEN 'trailing comma' THEN ',}}' ELSE '}}' END
"""

_LINE = f"""
CASE kind WHEN 'trailing garbage' THEN {_RECORD} || ' xyz'
          WHEN 'truncated' THEN left({_RECORD}, 200)
          WHEN 'no object' THEN '[' || event_id || ', 1]'
          ELSE {_RECORD} END
"""

EVENTS = Lines(
    header="",
    values=_VALUES,
    line=_LINE,
    types={
        "event_id": "BIGINT",
        "sequence": "BIGINT",
        "at": "TIMESTAMPTZ",
        "user": "STRUCT(id VARCHAR, name VARCHAR, address STRUCT(city VARCHAR, postcode VARCHAR))",
        "items": "STRUCT(sku VARCHAR, quantity INTEGER, price DECIMAL(10, 2))[]",
        "total": "DECIMAL(18, 4)",
        "score": "DOUBLE",
        "tags": "VARCHAR[]",
        "active": "BOOLEAN",
        "note": "VARCHAR",
    },
    codes={
        "big integer": "type",
        "no time given": "required",
        "no time": "type",
        "no utf-8": "encoding",
        "nul": "nul",
        "no struct": "type",
        "wrong item": "type",
        "text for number": "type",
        "rounding": "type",
        "range": "range",
        "nan": "json",
        "number for boolean": "type",
        "duplicate key": "duplicate_key",
        "trailing comma": "json",
        "trailing garbage": "json",
        "truncated": "json",
        "no object": "json",
    },
)
