-- The rows of test/storage/earlier-versions.ts.
INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at, version) VALUES
  ('John', 'Doe', 'John.Doe@example.com', 'john.doe@example.com', 1600000000000, 1600000000000, 1),
  ('gone', 'gone', 'gone@example.com', 'gone@example.com', 1600000000000, 1600000000000, 1),
  ('Zoë', 'Иванова', 'Zoe' || chr(776) || '@Bücher.example', 'zoë@xn--bcher-kva.example', 1600000000001, 1700000000000, 4),
  ('用户', '😀 ''" \', 'a+b@例え.jp', 'a+b@xn--r8jz45g.jp', 1600000000002, 1600000000002, 1),
  ('gone', 'gone', 'gone2@example.com', 'gone2@example.com', 1600000000003, 1600000000003, 1);

INSERT INTO tasks
  (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, version, updated_at) VALUES
  (1, 'Write the report', 'With ''figures''' || chr(10) || 'and a summary', 'NOT_STARTED', '2026-06-01T14:00:00+02:00', 1780315200000000, 60, 1, 1600000000005),
  (3, '用户 😀', NULL, 'IN_PROGRESS', '2026-06-01T12:00:00.000001Z', 1780315200000001, 0, 12, 1700000000000),
  (2, 'gone', NULL, 'BLOCKED', '2026-06-01T12:00:00Z', 1780315200000000, 5, 1, 1600000000005),
  (3, 'first', NULL, 'BLOCKED', '0001-01-01T00:00:00Z', -62135596800000000, 64000, 1, 1600000000006),
  (4, 'last', ' ', 'DEFERRED', '9999-12-31T23:59:59.999999Z', 253402300799999999, 5, 2, 1600000000007),
  (1, 'a', NULL, 'COMPLETED', '2026-06-01T12:00:00Z', 1780315200000000, 5, 3, 1600000000008),
  (1, 'b', NULL, 'CANCELLED', '2026-06-01T12:00:00.999Z', 1780315200999000, 5, 1, 1600000000009),
  (1, 'gone', NULL, 'BLOCKED', '2026-06-01T12:00:00Z', 1780315200000000, 5, 1, 1600000000010);
DELETE FROM tasks WHERE task_title = 'gone';
DELETE FROM users WHERE first_name = 'gone';

INSERT INTO tokens (name, secret_hash, scopes, plan, user_id, created_at, expires_at, revoked_at) VALUES
  ('operator', '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'admin', 'unlimited', NULL, 1600000000000, NULL, NULL),
  ('Zoë’s', '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 'users:read tasks:write', 'basic', 3, 1600000000001, 1900000000000, NULL),
  ('expired', '\x0000000000000000000000000000000000000000000000000000000000000000', 'tasks:read', 'basic', NULL, 1600000000002, 1600000000003, NULL),
  ('revoked', '\x0101010101010101010101010101010101010101010101010101010101010101', 'users:write', 'retired', NULL, 1600000000003, NULL, 1600000000004),
  ('gone', '\x0202020202020202020202020202020202020202020202020202020202020202', 'admin', 'basic', NULL, 1600000000004, NULL, NULL);
DELETE FROM tokens WHERE name = 'gone';

UPDATE tasks SET remind_at =
    greatest(due_at - warning_offset * 60000000::bigint, (extract(epoch FROM now()) * 1000)::bigint * 1000)
  WHERE task_status IN ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED')
    AND due_at > (extract(epoch FROM now()) * 1000)::bigint * 1000;
