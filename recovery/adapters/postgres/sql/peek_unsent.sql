-- What a slot holds, in the order of commits; nothing is taken off it. pglogical's plugin speaks JSON where it is asked
-- to (pglogical 2.4, internals-doc/protocol.txt), and leaves out what came from the other region, as it does when it sends.
SELECT data FROM pg_logical_slot_peek_changes(
    %(slot)s, %(until)s::pg_lsn, NULL,
    'expected_encoding', 'UTF8', 'min_proto_version', '1', 'max_proto_version', '1', 'startup_params_format', '1',
    'proto_format', 'json', 'pglogical.replication_set_names', %(sets)s
);
