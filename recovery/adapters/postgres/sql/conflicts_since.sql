SELECT log_file, log_offset, logged_at, table_schema, table_name, kind, resolution, row_key, local_key,
       remote_at, remote_origin, remote_lsn::text, local_row, local_at, local_origin
FROM {table} WHERE logged_at >= %(since)s;
