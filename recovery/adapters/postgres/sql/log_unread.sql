SELECT log_file, read_to, gone_at FROM {table} WHERE gone_at >= %(since)s;
