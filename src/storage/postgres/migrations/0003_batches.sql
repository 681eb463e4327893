-- The key of a batch: a JSON array with the outcome of each item, either the sequence number of the change whose new_values are
-- the item, or why it was rejected. It contains no values of users, so it stays when a user is deleted.
ALTER TABLE idempotency_keys ADD COLUMN items text COLLATE "C";
