import type { Subject, UserIdentity } from '../../domain/identities.ts';

/** The columns that {@link toIdentity} reads, from `users` joined with `user_identities`. */
export const IDENTITY_COLUMNS = `users.user_id, user_identities.issuer, user_identities.subject,
  user_identities.address_by_user,
  EXISTS (SELECT 1 FROM email_confirmations AS c WHERE c.user_id = users.user_id AND c.confirmed_at IS NOT NULL)`;

export function toIdentity(row: readonly unknown[], subject: Subject): UserIdentity {
  const [userId, boundIssuer, boundSubject, addressByUser, confirmed] = row as [
    number,
    string | null,
    string | null,
    number | null,
    number | boolean,
  ];
  let belongsTo: UserIdentity['belongsTo'] = addressByUser === 1 ? 'set-by-user' : 'free';
  // Only one issuer is configured at a time: another one is a former one.
  if (boundIssuer === subject.issuer) belongsTo = boundSubject === subject.subject ? 'own' : 'other-subject';
  return { userId, belongsTo, confirmed: Boolean(confirmed) };
}
