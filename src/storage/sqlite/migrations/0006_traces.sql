-- The W3C `traceparent` of the request that made a change, or that an email follows from. NULL without a trace.
ALTER TABLE changes ADD COLUMN traceparent TEXT;
ALTER TABLE emails ADD COLUMN traceparent TEXT;
