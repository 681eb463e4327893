/** The copy cannot be made, or is not equal. The message is one line that says what to do. */
export class CopyFailed extends Error {
  override name = 'CopyFailed';
}
