-- The words of users and tasks, by which `_search` finds them: see formats/words.ts. These are separate tables, because an
-- update of a row writes to every index of its table. There are no references, which every insert would have to check: the
-- statements that delete users and tasks delete their words. Every search reads the words that are not in the index yet, so
-- their list is limited to 1 MiB instead of 4.

CREATE TABLE user_search (
  user_id bigint   PRIMARY KEY,
  words   tsvector NOT NULL
);

CREATE INDEX user_search_by_word ON user_search USING gin (words) WITH (gin_pending_list_limit = 1024);

CREATE TABLE task_search (
  task_id bigint   PRIMARY KEY,
  words   tsvector NOT NULL
);

CREATE INDEX task_search_by_word ON task_search USING gin (words) WITH (gin_pending_list_limit = 1024);

-- The rules by which the stored words were made. If they are not those of the program, it makes all words again.
CREATE TABLE search_rules (
  rules text NOT NULL
);
INSERT INTO search_rules VALUES ('');
