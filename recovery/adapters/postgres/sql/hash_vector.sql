-- One hash of values of every type that is hashed by itself: two servers that tell the same hash rows alike.
SELECT hash_record_extended(ROW(
    true, 7::smallint, 7::int, 'ä "t"'::text, 'v'::varchar(3), 'c'::char(3), 'n'::name,
    'a0000000-0000-4000-8000-000000000000'::uuid, '\x00ff'::bytea, '2024-02-29'::date, 1.50::numeric, 0.1::real,
    0.1::double precision, int8send(7), NULL::text,
    date_bin('4294.967296 s', '1999-12-31 23:59:59.999999+00'::timestamptz, '2000-01-01') AT TIME ZONE INTERVAL '0',
    -- A multiple of the stride: some minor releases round it down by one more.
    date_bin('4294.967296 s', '1999-12-31 22:48:25.032704'::timestamp, '2000-01-01')
), 4294967297)::text;
