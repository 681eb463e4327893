import { CliError } from './cli-error.ts';

/** Runs what writes a file. @throws CliError if it cannot be written. */
export function writing<T>(file: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** The error to report for a file: errors of the system, such as a full disk, are those of the operator. */
export function cannotWrite(file: string, error: unknown): unknown {
  const { syscall, message } = error as NodeJS.ErrnoException;
  // Network errors have a cause instead.
  return syscall === undefined ? error : new CliError(`cannot write ${file}: ${message}`);
}
