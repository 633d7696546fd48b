-- How each subscription reaches its provider, and how it would be reached itself for a copy: with passwords.
SELECT s.sub_name::text, n.node_name::text, i.if_name::text, i.if_dsn, t.if_id, t.if_dsn
FROM pglogical.subscription s
JOIN pglogical.node n ON n.node_id = s.sub_origin
JOIN pglogical.node_interface i ON i.if_id = s.sub_origin_if
JOIN pglogical.node_interface t ON t.if_id = s.sub_target_if;
