import { nthUser, type SeenUser, type UserFields } from './nth-user.ts';

/** A user that the server acknowledged. */
export interface Acknowledgement {
  /** In which life of the server, counted from 1. */
  round: number;
  user: SeenUser;
}

/** What the clients know over all rounds. The file is held against it. */
export class Ledger {
  /** Every user ever sent, acknowledged or not, by address. */
  readonly sent = new Map<string, UserFields>();
  /** In the order in which the responses came in. */
  readonly acknowledged: Acknowledgement[] = [];

  /** A user who was not sent before, and counts as sent from now on. */
  nextUser(): UserFields {
    const user = nthUser(this.sent.size);
    this.sent.set(user.contactEmail, user);
    return user;
  }
}
