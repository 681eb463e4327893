-- Which emails were sent to which address within the last day, to limit how many there are. It names no user, so that the
-- limits hold when one is deleted and created again.
CREATE TABLE email_sends (
  mail_id      text   COLLATE "C" NOT NULL,
  address_hash bytea  NOT NULL, -- SHA-256 of the address key
  kind         text   COLLATE "C" NOT NULL, -- as in mails
  task_id      bigint, -- what a reminder is of
  sent_at      bigint NOT NULL, -- of the first attempt, in milliseconds since the epoch
  PRIMARY KEY (mail_id, address_hash)
);

CREATE INDEX email_sends_by_address ON email_sends (address_hash, kind, sent_at);
CREATE INDEX email_sends_by_task ON email_sends (task_id, sent_at) WHERE task_id IS NOT NULL;
CREATE INDEX email_sends_by_age ON email_sends (sent_at);
