-- The database's pglogical node, publishing all its tables.
SELECT pglogical.create_node(node_name := %(node)s, dsn := %(dsn)s);
