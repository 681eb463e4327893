-- Mails to send. What they say is made when they are sent: until then there are ids only, and no personal data.
CREATE TABLE mails (
  mail_id         TEXT    PRIMARY KEY, -- a UUID, from which its Message-ID is made
  kind            TEXT    NOT NULL, -- reminder, confirmation
  sequence        INTEGER, -- of the entry of the change log that asks for it; NULL where a request does
  user_id         INTEGER NOT NULL REFERENCES users (user_id) ON DELETE CASCADE, -- whom it is to
  task_id         INTEGER, -- what a reminder is of; no reference, since it may outlive the task
  state           TEXT    NOT NULL, -- waiting, sent, dropped, failed
  attempts        INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL, -- milliseconds since the epoch; during an attempt: when that counts as lost
  created_at      INTEGER NOT NULL,
  UNIQUE (kind, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_due ON mails (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX mails_by_user ON mails (user_id, kind, created_at);
CREATE INDEX mails_by_age ON mails (created_at) WHERE state <> 'waiting';

-- Links that confirm an address. They are removed when the user's address changes, so each is of the present one.
CREATE TABLE email_confirmations (
  token_hash   BLOB    PRIMARY KEY, -- SHA-256 of what the link ends with
  user_id      INTEGER NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
  created_at   INTEGER NOT NULL, -- milliseconds since the epoch
  expires_at   INTEGER NOT NULL,
  sent_at      INTEGER, -- when a mail server took the mail with it
  confirmed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX email_confirmations_by_user ON email_confirmations (user_id);
CREATE INDEX email_confirmations_by_expiry ON email_confirmations (expires_at) WHERE confirmed_at IS NULL;
