-- A file that was read to its end after the server had closed it.
DELETE FROM {table} WHERE log_file = %(name)s AND head = %(head)s AND closed;
