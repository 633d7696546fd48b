SELECT log_file, head, read_to, size, modified, closed FROM {table} WHERE gone_at IS NULL;
