/** A service other than the database is unavailable: 503. The code that throws it logs the outage. */
export class Unavailable extends Error {
  override name = 'Unavailable';
  /** After how many seconds the client should retry. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}
