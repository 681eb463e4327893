INSERT INTO webhooks (webhook_id, url, events, description, enabled, secret, from_sequence, created_at, version)
  VALUES (2, 'https://example.com/hooks', 'user.created task.created', 'Zoë', 1, x'0102', 1, 1600000000000, 3);
INSERT INTO webhook_deliveries (delivery_id, webhook_id, sequence, type, resource, at, state, attempts, first_attempt_at,
    next_attempt_at, last_status, last_error)
  VALUES (4, 2, 3, 'user.created', 'user/3', 1600000000001, 'pending', 2, 1600000000002, 1900000000000, 500, 'failed');
