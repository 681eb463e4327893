-- How far each of the service's own readers of the change log has come, such as the one that fills the webhooks' queues.
CREATE TABLE event_positions (
  name     text   COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL -- the sequence number of the last entry that it is done with
);
