/** An account at an identity provider. */
export interface Subject {
  /** The provider, as the `iss` of its JWTs. */
  issuer: string;
  /** A digest of `iss` and `sub`, as in the log and the audit. */
  subject: string;
}

/** The user with an address, and how that user relates to a subject with the same address. */
export interface UserIdentity {
  userId: number;
  /**
   * `own`: the user is bound to this subject. `free`: the user is bound to none. `other-subject`: the user is bound to
   * another subject of the same issuer. `set-by-user`: the user is bound to none and cannot be, because a user token has
   * set the address. A subject of a former issuer counts as none.
   */
  belongsTo: 'own' | 'free' | 'other-subject' | 'set-by-user';
  /** Whether the current address is confirmed. */
  confirmed: boolean;
}

export interface IdentityRepository {
  /** The user with an address, and whether a subject may act as that user; undefined if there is none. */
  find(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined>;
  /** Binds the user with an address to a subject, if the user is `free`. Returns the same as {@link find} afterwards. */
  bind(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined>;
}
