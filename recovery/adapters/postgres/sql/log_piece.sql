-- NULL where the file has gone meanwhile.
SELECT pg_read_binary_file(%(path)s, %(start)s, %(length)s, true);
