import assert from 'node:assert/strict';
import type { Created } from '../../src/domain/outcomes.ts';

/** Who changes something where it does not matter who. */
export const ACTOR = { actor: 'test' };

/** What was created; fails where it was refused. */
export function created<T>(outcome: Created<T> | symbol): T {
  assert.ok(typeof outcome !== 'symbol', String(outcome));
  return outcome.item;
}
