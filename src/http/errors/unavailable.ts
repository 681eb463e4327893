/** A service other than the database is unavailable, so the request gets a 503. The code that throws it has logged why. */
export class Unavailable extends Error {
  override name = 'Unavailable';
  /** When the client may retry, in whole seconds. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}
