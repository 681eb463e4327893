-- The words of users and tasks, by which `_search` finds them: see formats/words.ts. The tables contain the index only, and
-- not the words of a row, so removing a row from them needs its words again. `ascii` separates the words at spaces and
-- changes nothing else. With secure-delete, a removed word does not remain in the file.

CREATE VIRTUAL TABLE user_search USING fts5 (words, content = '', columnsize = 0, detail = none, tokenize = ascii);
INSERT INTO user_search (user_search, rank) VALUES ('secure-delete', 1);

CREATE VIRTUAL TABLE task_search USING fts5 (words, content = '', columnsize = 0, detail = none, tokenize = ascii);
INSERT INTO task_search (task_search, rank) VALUES ('secure-delete', 1);

-- The rules by which the stored words were made. If they are not those of the program, it makes all words again.
CREATE TABLE search_rules (
  rules TEXT NOT NULL
) STRICT;
INSERT INTO search_rules VALUES ('');
