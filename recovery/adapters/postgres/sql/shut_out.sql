-- Run by psql: these roles, with commas between them, may not log in.
SELECT format('ALTER ROLE %I NOLOGIN', role) FROM unnest(string_to_array(:'roles', ',')) AS role
\gexec
