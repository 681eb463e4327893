/** An error that the operator can correct. The message is one line that says how. */
export class CliError extends Error {
  override name = 'CliError';
}
