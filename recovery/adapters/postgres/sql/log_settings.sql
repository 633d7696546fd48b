-- Whether a log is written that can be read, where it is written now, and in which time zone.
SELECT current_setting('logging_collector')::boolean, pg_current_logfile('jsonlog'), pg_current_logfile('csvlog'),
       current_setting('log_timezone'), current_setting('pglogical.conflict_log_level', true);
