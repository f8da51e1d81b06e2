"""Maps."""

from tests.e2e.athena.conformance.statement import fails, value

_PAGE = "trino functions/map.md"
_KEYS = "MAP(ARRAY['key1', 'key2', 'key3'], ARRAY['v1', 'v2', 'v3'])"

STATEMENTS = (
    value("MAP(ARRAY['key1', 'key2'], ARRAY[2373, 3463])", "map", "{key1=2373, key2=3463}", f"{_PAGE}: the output"),
    value(
        "MAP(ARRAY['key1', 'key2', 'key3'], ARRAY[23, 34.63, 45.837])['key1']",
        "decimal",
        "23.000",
        f"{_PAGE}: coerced to a common type",
        may_refuse=True,
    ),
    value(f"{_KEYS}['key2']", "varchar", "v2", f"{_PAGE}: v2"),
    value(f"element_at({_KEYS}, 'key3')", "varchar", "v3", f"{_PAGE}: the value for the key"),
    value(f"element_at({_KEYS}, 'nope')", "varchar", None, f"{_PAGE}: NULL if the key is not contained"),
    value(f"cardinality({_KEYS})", "bigint", "3", f"{_PAGE}: the size of the map"),
    value(f"array_sort(map_keys({_KEYS}))", "array", "[key1, key2, key3]", f"{_PAGE}: all the keys"),
    value(f"array_sort(map_values({_KEYS}))", "array", "[v1, v2, v3]", f"{_PAGE}: all the values"),
    value(
        "map_concat(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a'], ARRAY[2]))",
        "map",
        "{a=2}",
        f"{_PAGE}: the value comes from the last one",
        may_refuse=True,
    ),
    value(
        "map_filter(MAP(ARRAY[10, 20], ARRAY['a', NULL]), (k, v) -> v IS NOT NULL)",
        "map",
        "{10=a}",
        f"{_PAGE}: entries for which it is true",
        may_refuse=True,
    ),
    value("map_from_entries(ARRAY[(1, 'x')])", "map", "{1=x}", f"{_PAGE}: from entries", may_refuse=True),
    value(
        "transform_values(MAP(ARRAY[1], ARRAY[10]), (k, v) -> v + k)",
        "map",
        "{1=11}",
        f"{_PAGE}: an example",
        may_refuse=True,
    ),
    value(
        "transform_keys(MAP(ARRAY[1], ARRAY['a']), (k, v) -> k + 1)",
        "map",
        "{2=a}",
        f"{_PAGE}: an example",
        may_refuse=True,
    ),
    value(
        "split_to_map('a=1', ',', '=')", "map", "{a=1}", "trino functions/string.md: key-value pairs", may_refuse=True
    ),
    value("cardinality(map())", "bigint", "0", f"{_PAGE}: an empty map", may_refuse=True),
    fails(f"SELECT {_KEYS}['nope']", "INVALID_FUNCTION_ARGUMENT", f"{_PAGE}: throws an error", may_refuse=True),
    fails(
        "SELECT MAP(ARRAY['a', 'a'], ARRAY[1, 2])",
        "INVALID_FUNCTION_ARGUMENT",
        "trino MapConstructor: duplicate keys",
        may_refuse=True,
    ),
    fails(
        "SELECT MAP(ARRAY['a'], ARRAY[1, 2])",
        "INVALID_FUNCTION_ARGUMENT",
        "trino MapConstructor: lengths",
        may_refuse=True,
    ),
)
