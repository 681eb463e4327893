-- The rows of test/storage/earlier-versions.ts, as far as version 1 has room for them.
INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at) VALUES
  ('John', 'Doe', 'John.Doe@example.com', 'john.doe@example.com', 1600000000000),
  ('gone', 'gone', 'gone@example.com', 'gone@example.com', 1600000000000),
  ('Zoë', 'Иванова', 'Zoe' || char(776) || '@Bücher.example', 'zoë@xn--bcher-kva.example', 1600000000001),
  ('用户', '😀 ''" \', 'a+b@例え.jp', 'a+b@xn--r8jz45g.jp', 1600000000002),
  ('gone', 'gone', 'gone2@example.com', 'gone2@example.com', 1600000000003);
DELETE FROM users WHERE first_name = 'gone';

INSERT INTO tokens (name, secret_hash, scopes, plan, user_id, created_at, expires_at, revoked_at) VALUES
  ('operator', x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'admin', 'unlimited', NULL, 1600000000000, NULL, NULL),
  ('Zoë’s', x'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 'users:read tasks:write', 'basic', 3, 1600000000001, 1900000000000, NULL),
  ('expired', x'0000000000000000000000000000000000000000000000000000000000000000', 'tasks:read', 'basic', NULL, 1600000000002, 1600000000003, NULL),
  ('revoked', x'0101010101010101010101010101010101010101010101010101010101010101', 'users:write', 'retired', NULL, 1600000000003, NULL, 1600000000004),
  ('gone', x'0202020202020202020202020202020202020202020202020202020202020202', 'admin', 'basic', NULL, 1600000000004, NULL, NULL);
DELETE FROM tokens WHERE name = 'gone';
