import { hash } from 'node:crypto';
import type { ImportedResource, ImportRow, RowProblem } from './records.ts';

/** The maximum number of items of a batch of the API. */
export const MAX_BATCH_ROWS = 1000;

/** Below the limit of the API for the body of a batch, 2 MiB. */
const MAX_BATCH_CHARACTERS = 600_000;

const TOO_LONG: RowProblem = { field: 'row', reason: 'The row is too long for a request' };

export interface RowBatch {
  rows: ImportRow[];
}

/** Groups rows, in order, so that each group fits in one request. The same rows always make the same groups. A longer row has a problem. */
export async function* batchesOf(rows: AsyncIterable<ImportRow>): AsyncGenerator<RowBatch> {
  let batch: ImportRow[] = [];
  let characters = 0;
  for await (const row of rows) {
    const size = JSON.stringify(row.fields).length;
    if (batch.length === MAX_BATCH_ROWS || (batch.length > 0 && characters + size > MAX_BATCH_CHARACTERS)) {
      yield { rows: batch };
      batch = [];
      characters = 0;
    }
    batch.push(size > MAX_BATCH_CHARACTERS ? { ...row, problem: TOO_LONG } : row);
    characters += size;
  }
  if (batch.length > 0) yield { rows: batch };
}

/**
 * The idempotency key of a batch: the same for the same lines of the same import, so that a repeated import creates nothing
 * twice. Keys are kept for 24 hours.
 */
export function batchKey(importId: string, resource: ImportedResource, { rows }: RowBatch): string {
  const text = JSON.stringify([importId, resource, rows[0]?.line]);
  return `import-${hash('sha256', text, 'base64url')}`;
}
