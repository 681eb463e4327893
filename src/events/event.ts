import { type Change, idsOf, resourceOf } from '../domain/changes.ts';
import type { Principal } from '../domain/principal.ts';
import { holdsScope } from '../domain/principal.ts';
import { SCOPED_RESOURCES } from '../domain/resources.ts';
import type { Scope } from '../domain/tokens.ts';
import { formatInstant } from '../formats/date-time.ts';

/** An event in responses, streams and deliveries. */
export interface Event {
  sequence: number;
  type: string;
  timestamp: string;
  data: object;
}

/** Converts an entry of the change log to an event. */
export function toEvent(change: Change): Event {
  const { sequence, type, at, after } = change;
  return { sequence, type, timestamp: formatInstant(at), data: after ?? idsOf(change) };
}

/** The scopes that allow reading events. */
export const EVENT_SCOPES: readonly Scope[] = SCOPED_RESOURCES.map(({ scope }) => `${scope}:read` as const);

/** A filter for the events that a token may read, or undefined if it may read none. */
export function visibleTo(principal: Principal): ((change: Change) => boolean) | undefined {
  const readable = SCOPED_RESOURCES.filter(({ scope }) => holdsScope(principal, `${scope}:read`));
  if (readable.length === 0) return undefined;
  const names = new Set(readable.map(({ name }) => name));
  return (change) => names.has(resourceOf(change));
}
