-- Which subject of an identity provider acts as a user, and whether a new one may. A JWT names the user by address alone, and
-- a token of the user can change that.
CREATE TABLE user_identities (
  user_id         INTEGER PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
  issuer          TEXT,
  subject         TEXT, -- as the log and the audit name it, a digest; NULL, as the issuer, for none yet
  address_by_user INTEGER NOT NULL -- 1 if a token of the user has set the present address: then no new subject may
) STRICT;
