import assert from 'node:assert/strict';
import type { Created } from '../../src/domain/outcomes.ts';

/** The actor of changes in tests that do not depend on it. */
export const ACTOR = { actor: 'test' };

/** Returns the created item. Fails if the create was rejected. */
export function created<T>(outcome: Created<T> | symbol): T {
  assert.ok(typeof outcome !== 'symbol', String(outcome));
  return outcome.item;
}
