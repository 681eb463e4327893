-- Which subject of an identity provider acts as a user, and whether a new one may. A JWT names the user by address alone, and
-- a token of the user can change that.
CREATE TABLE user_identities (
  user_id         bigint PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
  issuer          text   COLLATE "C",
  subject         text   COLLATE "C", -- as the log and the audit name it, a digest; NULL, as the issuer, for none yet
  address_by_user bigint NOT NULL -- 1 if a token of the user has set the present address: then no new subject may
);
