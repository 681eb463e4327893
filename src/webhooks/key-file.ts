import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const KEY_BYTES = 32;

/**
 * The key of development mode, which is made at the first start and kept in a file that only its owner can read.
 *
 * @throws Error where the file can be neither read nor made, or holds no key.
 */
export function readOrMakeKey(file: string): Uint8Array {
  try {
    const made = randomBytes(KEY_BYTES);
    writeFileSync(file, `${made.toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    return made;
  } catch (error) {
    // Mostly there is one already; also when another process was quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = Buffer.from(readFileSync(file, 'utf8'), 'base64');
  if (key.length !== KEY_BYTES) throw new Error(`${file} holds no key of ${KEY_BYTES} bytes`);
  return key;
}
