import { groupWrites, isAcknowledged, type ResourceWrites } from './check-writes.ts';
import type { Follower, History, Operation, SeenEvent, Violation } from './history.ts';

const REMINDER = 'task.reminder';

/** The feed has one event for each acknowledged write, in order, and each follower gets the same. */
export function checkEvents(history: History): Violation[] {
  const { feed, followers, operations } = history;
  return [
    ...checkIncreasing('the feed', feed),
    ...checkEachWrite(history),
    ...checkOrder(operations, feed),
    ...followers.flatMap((follower) => checkFollower(follower, feed)),
  ];
}

function checkIncreasing(name: string, events: readonly SeenEvent[]): Violation[] {
  return events.flatMap(({ sequence, at }, i): Violation[] => {
    const before = events[i - 1]?.sequence ?? 0;
    if (sequence > before) return [];
    const kind = sequence === before ? 'event doubled' : 'event out of order';
    return [{ kind, text: `${name} has event ${sequence} after ${before}`, ...(at !== undefined && { at }) }];
  });
}

/** The events of writes by resource and version; a deletion has no version. */
function indexEvents(feed: readonly SeenEvent[]): Map<string, SeenEvent[]> {
  return Map.groupBy(feed, ({ type, key, seen }) => {
    if (type === REMINDER) return REMINDER;
    return type.endsWith('.deleted')
      ? `${key} deleted`
      : seen === undefined
        ? 'erased'
        : `${seen.resource} ${seen.version}`;
  });
}

function checkEachWrite({ operations, feed }: History): Violation[] {
  const events = indexEvents(feed);
  return [...groupWrites(operations).values()].flatMap((group): Violation[] => {
    const key = group.create?.key;
    // The events of a deleted user contain only ids, also those of its tasks.
    const isErased = group.create?.owner === undefined ? group.deletions.length > 0 : isOwnerDeleted(group);
    const writes = isErased ? [] : group.versions;
    const own = group.deletions.filter(({ resource }) => resource === group.resource);
    return [
      ...writes.flatMap((write) => checkWrite(write, events.get(`${write.resource} ${write.version}`) ?? [])),
      ...(key === undefined ? [] : own.flatMap((write) => checkWrite(write, events.get(`${key} deleted`) ?? []))),
    ];
  });
}

function isOwnerDeleted({ create, deletions }: ResourceWrites): boolean {
  return deletions.some(({ resource }) => resource === create?.owner);
}

function checkWrite(write: Operation, events: readonly SeenEvent[]): Violation[] {
  const { kind, resource, version, end } = write;
  const what = `the ${kind} of ${resource}${version === undefined ? '' : `, version ${version},`}`;
  if (events.length > 1) {
    const sequences = events.map(({ sequence }) => sequence).join(' and ');
    return [{ kind: 'event doubled', text: `${what} has the events ${sequences}`, at: end }];
  }
  return events.length === 0 && isAcknowledged(write)
    ? [{ kind: 'event missing', text: `${what} has no event`, at: end }]
    : [];
}

/** The events of a resource are in the order of its versions; those of writes one after the other are in their order. */
function checkOrder(operations: readonly Operation[], feed: readonly SeenEvent[]): Violation[] {
  const violations: Violation[] = [];
  const sequences = new Map<string, number>();
  const newest = new Map<string, number>();
  for (const { sequence, type, seen } of feed) {
    if (seen === undefined || type === REMINDER) continue;
    const { resource, version } = seen;
    sequences.set(`${resource} ${version}`, sequence);
    const before = newest.get(resource) ?? 0;
    if (version < before) {
      const text = `event ${sequence} is version ${version} of ${resource}, after version ${before}`;
      violations.push({ kind: 'event out of order', text });
    }
    newest.set(resource, Math.max(before, version));
  }
  const writes = operations.flatMap((operation) => {
    const sequence = sequences.get(`${operation.resource} ${operation.version}`);
    const isWrite = operation.kind === 'create' || operation.kind === 'update';
    return isWrite && isAcknowledged(operation) && sequence !== undefined ? [{ ...operation, sequence }] : [];
  });
  const byEnd = writes.toSorted((a, b) => a.end - b.end);
  let last: (typeof byEnd)[number] | undefined;
  let ended = 0;
  for (const write of writes.toSorted((a, b) => a.start - b.start)) {
    for (let one = byEnd[ended]; one !== undefined && one.end < write.start; one = byEnd[++ended]) {
      if (one.sequence > (last?.sequence ?? 0)) last = one;
    }
    if (last !== undefined && write.sequence < last.sequence) {
      const text = `event ${write.sequence} is a write that began after that of event ${last.sequence} was acknowledged`;
      violations.push({ kind: 'event out of order', text, at: write.end });
    }
  }
  return violations;
}

/** From its start to its last event, a follower gets the feed. */
function checkFollower({ name, after, events }: Follower, feed: readonly SeenEvent[]): Violation[] {
  const got = new Set(events.map(({ sequence }) => sequence));
  const last = events.at(-1)?.sequence ?? 0;
  const known = new Set(feed.map(({ sequence }) => sequence));
  const missed = feed.filter(({ sequence }) => sequence > after && sequence <= last && !got.has(sequence));
  const strange = events.filter(({ sequence }) => !known.has(sequence));
  return [
    ...checkIncreasing(name, events),
    ...missed.map(
      ({ sequence }): Violation => ({ kind: 'event missing', text: `${name} did not get event ${sequence}` }),
    ),
    ...strange.map(
      ({ sequence, at }): Violation => ({
        ...{ kind: 'event missing', text: `${name} got event ${sequence}, which the feed does not have` },
        ...(at !== undefined && { at }),
      }),
    ),
  ];
}

/** Each task that is due and not changed has exactly one reminder. */
export function checkReminders({ operations, feed, stored }: History): Violation[] {
  const reminders = Map.groupBy(
    feed.filter(({ type }) => type === REMINDER),
    ({ key }) => key,
  );
  const keys = new Map(stored.map(({ resource, key }) => [resource, key]));
  const violations: Violation[] = [];
  for (const [key, events] of reminders) {
    if (events.length === 1) continue;
    const text = `${key} has the reminders ${events.map(({ sequence }) => sequence).join(' and ')}`;
    violations.push({ kind: 'reminder doubled', text });
  }
  for (const { kind, reminder = false, resource, end } of operations) {
    const key = keys.get(resource);
    if (kind !== 'create' || !reminder || key === undefined || reminders.has(key)) continue;
    violations.push({ kind: 'reminder missing', text: `${key}, ${resource}, has no reminder`, at: end });
  }
  return violations;
}
