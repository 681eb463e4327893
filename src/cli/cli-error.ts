/** Something the person at the command line can put right. The message is one line that says how. */
export class CliError extends Error {
  override name = 'CliError';
}
