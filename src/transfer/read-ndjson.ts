import { ImportError, type SourceRow } from './records.ts';
import { linesOf } from './text.ts';

/**
 * Reads one JSON object from each line. Empty lines are skipped.
 *
 * @throws ImportError for a line that is not a JSON object: then the file is of another format.
 */
export async function* readNdjson(text: AsyncIterable<string>): AsyncGenerator<SourceRow> {
  let line = 0;
  for await (const content of linesOf(text)) {
    line++;
    if (content.trim() !== '') yield { line, values: parseObject(content, line) };
  }
}

function parseObject(content: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new ImportError(`line ${line} is not JSON; each line must be one JSON object`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ImportError(`line ${line} is not a JSON object`);
}
