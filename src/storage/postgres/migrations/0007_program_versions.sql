-- The version of the program that applied a migration, from this one on. An older program names it when it rejects the database.
ALTER TABLE task_api_migrations ADD COLUMN program text;
