-- What DuckDB answers otherwise than Trino, put right; a macro that may refuse what it is given says so by its name.

CREATE MACRO athena_bad(said) AS athena_error('INVALID_FUNCTION_ARGUMENT: ' || said);
CREATE MACRO athena_refused(what) AS athena_error('NOT_SUPPORTED: the local Athena does not support ' || what);

-- Text

CREATE MACRO athena_spaces() AS
    ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(28) || chr(29) || chr(30) || chr(31) || chr(5760)
    || chr(8192) || chr(8193) || chr(8194) || chr(8195) || chr(8196) || chr(8197) || chr(8198) || chr(8200) || chr(8201)
    || chr(8202) || chr(8232) || chr(8233) || chr(8287) || chr(12288);
CREATE MACRO athena_codepoint(s) AS
    CASE WHEN length(s) <> 1 THEN athena_bad('Input must be one character') ELSE unicode(s) END;
CREATE MACRO athena_padded(size, padded) AS
    CASE WHEN size < 0 THEN athena_bad('Target length must be in the range [0..2147483647]') ELSE padded END;
CREATE MACRO athena_lpad(s, size, pad) AS athena_padded(size, lpad(s, CAST(size AS INTEGER), pad));
CREATE MACRO athena_rpad(s, size, pad) AS athena_padded(size, rpad(s, CAST(size AS INTEGER), pad));
CREATE MACRO athena_refusing_replace(s, old, new) AS
    CASE WHEN old = '' THEN athena_refused('replace of the empty text') ELSE replace(s, old, new) END;
CREATE MACRO athena_split(s, delimiter) AS
    CASE WHEN delimiter = '' THEN athena_bad('The delimiter may not be the empty string')
    ELSE string_split(s, delimiter) END;
CREATE MACRO athena_refusing_split_part(s, delimiter, place) AS
    CASE WHEN place <= 0 THEN athena_bad('Index must be greater than zero')
    WHEN delimiter = '' THEN athena_refused('split_part by the empty text')
    ELSE list_extract(string_split(s, delimiter), place) END;
CREATE MACRO athena_strpos(s, part) AS CASE WHEN part = '' THEN length(s) * 0 + 1 ELSE strpos(s, part) END;
CREATE MACRO athena_substr(s, start) AS
    CASE WHEN start = 0 OR abs(start) > length(s) THEN left(s, 0) ELSE substring(s, start) END;
CREATE MACRO athena_part(s, start, size) AS
    left(athena_substr(s, start), CASE WHEN size < 0 THEN 0 ELSE size END);
CREATE MACRO athena_upper(s) AS
    CASE WHEN octet_length(encode(s)) = length(s) THEN upper(s) ELSE athena_upper_each(s) END;

-- Numbers

CREATE MACRO athena_sign(x) AS CASE WHEN isnan(x) THEN x ELSE sign(x) END;
CREATE MACRO athena_refusing_to_base(n, radix) AS
    CASE WHEN radix NOT BETWEEN 2 AND 36 THEN athena_bad('Radix must be between 2 and 36')
    WHEN n < 0 THEN athena_refused('to_base of a negative number') ELSE lower(to_base(n, CAST(radix AS INTEGER))) END;
CREATE MACRO athena_with_null(items) AS len(list_filter(items, lambda e_: e_ IS NULL)) > 0;
CREATE MACRO athena_max(items) AS CASE WHEN NOT athena_with_null(items) THEN list_max(items) END;
CREATE MACRO athena_min(items) AS CASE WHEN NOT athena_with_null(items) THEN list_min(items) END;
CREATE MACRO athena_numbers(items) AS
    CASE WHEN list_bool_or(list_transform(items, lambda e_: isnan(e_))) THEN athena_refused('greatest and least of NaN')
    ELSE items END;
CREATE MACRO athena_refusing_greatest(items) AS athena_max(athena_numbers(items));
CREATE MACRO athena_refusing_least(items) AS athena_min(athena_numbers(items));

-- Dates and times

CREATE MACRO athena_floor(microseconds, unit) AS
    make_timestamp(microseconds - ((microseconds % unit) + unit) % unit);
CREATE MACRO athena_rounded(moment, unit) AS athena_floor(epoch_us(moment) + unit // 2, unit);
CREATE MACRO athena_invalid(s) AS athena_bad('Invalid format: "' || s || '"');
-- Without a year, Joda starts from 1970; of two digits it takes 70 for 1970, and 69 for 2069.
CREATE MACRO athena_joda_year(moment, format) AS
    CASE WHEN NOT regexp_matches(format, '%[Yy]') THEN moment + INTERVAL 70 YEAR
    WHEN contains(format, '%y') AND year(moment) = 1969 THEN moment + INTERVAL 100 YEAR ELSE moment END;
CREATE MACRO athena_date_parse(s, format) AS
    CASE WHEN trim(s) <> s THEN athena_invalid(s) WHEN s IS NOT NULL THEN coalesce(
        date_trunc('milliseconds', athena_joda_year(try_strptime(s, format), format)), athena_invalid(s)) END;
CREATE MACRO athena_refusing_iso_date(s) AS
    CASE WHEN regexp_full_match(s, '\d{4}-\d\d-\d\d') THEN coalesce(TRY_CAST(s AS DATE), athena_invalid(s))
    WHEN s IS NOT NULL THEN athena_refused('the ISO 8601 date ' || s || ': write it like 2020-05-11') END;
CREATE MACRO athena_refusing_iso_timestamp(s) AS
    CASE WHEN regexp_full_match(s, '\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|\+00:00)?)?')
    THEN coalesce(TRY_CAST(regexp_replace(s, '(Z|\+00:00)$', '') AS TIMESTAMP), athena_invalid(s))
    WHEN s IS NOT NULL
    THEN athena_refused('the ISO 8601 timestamp ' || s || ': write it in UTC, like 2020-05-11T11:15:05Z') END;

-- Arrays

CREATE MACRO athena_all(items, result, name) AS
    CASE WHEN athena_with_null(items) THEN athena_refused(name || ' over NULL elements') ELSE result END;
CREATE MACRO athena_refusing_distinct(items) AS
    athena_all(items, list_filter(items, lambda e_, i_: list_position(items, e_) = i_), 'array_distinct');
CREATE MACRO athena_refusing_remove(items, item) AS
    athena_all(items, CASE WHEN item IS NOT NULL THEN list_filter(items, lambda e_: e_ <> item) END, 'array_remove');
CREATE MACRO athena_join(items, s) AS array_to_string(list_filter(items, lambda e_: e_ IS NOT NULL), s);
CREATE MACRO athena_join_all(items, s, missing) AS
    array_to_string(list_transform(items, lambda e_: coalesce(e_, missing)), s);
CREATE MACRO athena_position(items, item) AS
    CASE WHEN items IS NOT NULL AND item IS NOT NULL THEN coalesce(list_position(items, item), 0) END;
CREATE MACRO athena_contains(items, item) AS
    CASE WHEN items IS NOT NULL AND item IS NOT NULL THEN
        CASE WHEN list_contains(items, item) THEN true WHEN athena_with_null(items) THEN NULL ELSE false END
    END;
CREATE MACRO athena_element(items, place) AS
    CASE WHEN place = 0 THEN athena_bad('SQL array indices start at 1') ELSE list_extract(items, place) END;
CREATE MACRO athena_subscript(items, place) AS
    CASE WHEN place = 0 THEN athena_bad('SQL array indices start at 1')
    WHEN place < 0 THEN athena_bad('Array subscript is negative: ' || place)
    WHEN place > len(items)
    THEN athena_bad('Array subscript must be less than or equal to array length: ' || place || ' > ' || len(items))
    ELSE list_extract(items, place) END;
CREATE MACRO athena_value(pairs, wanted) AS
    CASE WHEN pairs IS NOT NULL AND wanted IS NOT NULL AND len(map_extract(pairs, wanted)) = 0
    THEN athena_bad('Key not present in map: ' || wanted) ELSE map_extract(pairs, wanted)[1] END;
CREATE MACRO athena_refusing_slice(items, start, size) AS
    CASE WHEN start <= 0 OR size < 0 THEN athena_refused('slice from positions that are not positive')
    ELSE list_slice(items, start, start + size - 1) END;
CREATE MACRO athena_short(size, made) AS
    CASE WHEN abs(size) >= 10000 THEN athena_bad('result of sequence function must not have more than 10000 entries')
    ELSE made END;
CREATE MACRO athena_sequence(first, last, step) AS
    CASE WHEN step = 0 OR sign(CAST(last AS HUGEINT) - first) * sign(step) < 0
    THEN athena_bad('sequence stop value must be on the side of the start value to which the step goes')
    ELSE athena_short((CAST(last AS HUGEINT) - first) // step, generate_series(first, last, step)) END;
CREATE MACRO athena_days(first, last) AS
    athena_short(last - first,
        list_transform(generate_series(first, last, INTERVAL 1 DAY), lambda d_: CAST(d_ AS DATE)));

-- Arithmetic: rounded half away from zero; the remainder is compared with what is left, so that no 39th digit is needed

CREATE MACRO athena_quotient(n, d) AS
    n // d + CASE WHEN abs(n % d) >= abs(d) - abs(n % d) THEN sign(n) * sign(d) ELSE 0 END;
CREATE MACRO athena_moved_day(moment) AS
    CASE WHEN moment <> CAST(CAST(moment AS DATE) AS TIMESTAMP)
    THEN athena_bad('Cannot add hour, minutes or seconds to a date') ELSE CAST(moment AS DATE) END;
CREATE MACRO athena_round(x, factor) AS
    CASE WHEN abs(x * CAST(factor AS DOUBLE)) < 4503599627370496
    THEN round(x * CAST(factor AS DOUBLE)) / CAST(factor AS DOUBLE) ELSE x END;
CREATE MACRO athena_fitting(s, size) AS
    CASE WHEN length(s) > size
    THEN athena_error('INVALID_CAST_ARGUMENT: Value ' || s || ' cannot be represented as varchar(' || size || ')')
    ELSE s END;

-- Lambdas

CREATE MACRO athena_any_match(items, answers) AS
    CASE WHEN items IS NULL THEN NULL WHEN list_contains(answers, true) THEN true
    WHEN athena_with_null(answers) THEN NULL ELSE false END;
CREATE MACRO athena_all_match(items, answers) AS
    CASE WHEN items IS NULL THEN NULL WHEN list_contains(answers, false) THEN false
    WHEN athena_with_null(answers) THEN NULL ELSE true END;
