import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Uses a new folder and removes it afterwards. It lies beside the code and not in the system's folder for temporary
 * files, which on many machines is memory, where an fsync costs nothing.
 */
export async function withWorkFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(import.meta.dirname, 'node_modules', '.run-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.on('exit', remove);
  try {
    return await use(folder);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
