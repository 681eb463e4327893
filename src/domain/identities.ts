/** Somebody whom an identity provider vouches for. */
export interface Subject {
  /** The provider, as the `iss` of its JWTs. */
  issuer: string;
  /** A digest of `iss` and `sub`, as the log and the audit name it. */
  subject: string;
}

/** The user with an address, as seen by a subject that uses it. */
export interface UserIdentity {
  userId: number;
  /**
   * Whether the user belongs to the subject (`own`), to none (`free`), to another one of the same issuer, or may come to
   * belong to none, since a token of the user has set the address. A subject of a former issuer counts as none.
   */
  belongsTo: 'own' | 'free' | 'other-subject' | 'set-by-user';
  /** Whether the present address is confirmed. */
  confirmed: boolean;
}

export interface IdentityRepository {
  /** The user with an address, and whether a subject may act as that user; undefined if there is none. */
  find(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined>;
  /** Binds the user with an address to a subject, if the user is `free`. Returns the same as {@link find} afterwards. */
  bind(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined>;
}
