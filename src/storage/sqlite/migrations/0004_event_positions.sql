-- How far each of the service's own readers of the change log has come, such as the one that fills the webhooks' queues.
CREATE TABLE event_positions (
  name     TEXT    PRIMARY KEY,
  position INTEGER NOT NULL -- the sequence number of the last entry that it is done with
) STRICT, WITHOUT ROWID;
