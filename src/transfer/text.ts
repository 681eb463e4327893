import type { Readable } from 'node:stream';
import { ImportError } from './records.ts';

/**
 * Decodes a file.
 *
 * @param onBytes receives the number of bytes of each part.
 * @throws ImportError if it is not UTF-8, with or without a byte order mark.
 */
export async function* decode(input: Readable, onBytes: (count: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      onBytes(chunk.length);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new ImportError('the file is not UTF-8; save it with this encoding');
  }
}

/** Longer than any row that the service accepts: a file without line ends would be read into memory. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

/** Yields lines without their ends. @throws ImportError for a line of more than 1 MB. */
export async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let count = 0;
  for await (const part of text) {
    if (rest.length > MAX_LINE_CHARACTERS) throw new ImportError(`line ${count + 1} is longer than 1 MB`);
    const lines = (rest + part).split('\n');
    rest = lines.pop() as string;
    count += lines.length;
    for (const line of lines) yield withoutReturn(line);
  }
  if (rest !== '') yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
