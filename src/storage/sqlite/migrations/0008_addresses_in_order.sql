-- An address in small letters is its own key: sorted by address, those users come from the index of the keys, and only the
-- others from here (see sqlite/address-order.ts). An index of all addresses cost every creation another page, since
-- addresses come in no order.
DROP INDEX users_by_contact_email;
CREATE INDEX users_by_other_contact_email ON users (contact_email) WHERE contact_email <> contact_email_key;
