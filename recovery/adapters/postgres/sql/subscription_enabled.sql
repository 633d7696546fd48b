SELECT sub_enabled FROM pglogical.subscription WHERE sub_name = %(name)s;
