/** The copy cannot be made, or differs from its source. The message is one line that includes what to do. */
export class CopyFailed extends Error {
  override name = 'CopyFailed';
}
