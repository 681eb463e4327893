import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findViolations } from './checker.ts';
import type { Delivery, History, Operation, SeenEvent, ViolationKind } from './history.ts';

const HOOKS = ['hook-a', 'hook-b'];

/** A history without violations: two writers, each with a user and tasks; a batch, a reminder, deletions, lists. */
class Planted implements History {
  operations: Operation[] = [];
  feed: SeenEvent[] = [];
  followers = [{ name: 'follower-1', after: 0, events: [] as SeenEvent[] }];
  webhooks = HOOKS;
  deliveries: Delivery[] = [];
  stored: History['stored'] = [];
  #now = 0;
  #ids = 0;

  constructor() {
    this.create('ada', 'ada/u1');
    this.create('bob', 'bob/u1');
    this.create('ada', 'ada/t1', { owner: 'ada/u1' });
    this.update('ada', 'ada/t1', 2);
    this.update('ada', 'ada/t1', 3);
    this.read('ada', 'ada/t1', 3);
    this.create('ada', 'ada/t2', { owner: 'ada/u1', reminder: true });
    this.event('task.reminder', 'ada/t2', 1);
    this.create('ada', 'ada/t3', { owner: 'ada/u1', batch: 'ada/b1' });
    this.create('ada', 'ada/t4', { owner: 'ada/u1', batch: 'ada/b1' });
    this.create('bob', 'counter', { owner: 'bob/u1' });
    this.update('ada', 'counter', 2);
    this.update('bob', 'counter', 3);
    this.create('bob', 'bob/t1', { owner: 'bob/u1' });
    this.delete('bob', 'bob/t1');
    this.read('bob', 'bob/t1', undefined);
    const seen = (resource: string, version: number) => ({ resource, version });
    const found = [seen('ada/t1', 3), seen('ada/t2', 1), seen('ada/t3', 1), seen('ada/t4', 1)];
    this.operation({ client: 'ada', kind: 'list', resource: 'ada/u1', found, outcome: 'acknowledged' });
  }

  operation(operation: Omit<Operation, 'start' | 'end'>): Operation {
    const timed = { start: this.#now + 1, end: this.#now + 5, ...operation };
    this.#now += 10;
    this.operations.push(timed);
    return timed;
  }

  create(client: string, resource: string, more: Partial<Operation> = {}): string {
    const key = `${more.owner === undefined ? 'user' : 'task'}/${++this.#ids}`;
    this.operation({ client, kind: 'create', resource, version: 1, outcome: 'acknowledged', key, ...more });
    this.stored.push({ key, resource, version: 1 });
    this.event(`${key.split('/')[0]}.created`, resource, 1);
    return key;
  }

  update(client: string, resource: string, version: number): void {
    this.operation({ client, kind: 'update', resource, version, outcome: 'acknowledged' });
    this.row(resource).version = version;
    this.event('task.updated', resource, version);
  }

  delete(client: string, resource: string): void {
    this.operation({ client, kind: 'delete', resource, outcome: 'acknowledged' });
    this.event('task.deleted', resource, undefined);
    this.stored.splice(this.stored.indexOf(this.row(resource)), 1);
  }

  read(client: string, resource: string, version: number | undefined): void {
    const seen = version === undefined ? {} : { version };
    this.operation({ client, kind: 'read', resource, outcome: 'acknowledged', ...seen });
  }

  row(resource: string): History['stored'][number] {
    return this.stored.find((row) => row.resource === resource) as History['stored'][number];
  }

  /** Adds an event, and what the follower and the webhooks got. */
  event(type: string, resource: string, version: number | undefined): void {
    const { key } = this.row(resource);
    const sequence = (this.feed.at(-1)?.sequence ?? 0) + 2;
    const seen = version === undefined ? {} : { seen: { resource, version } };
    const event = { sequence, type, key, owner: `user/of-${resource.split('/')[0]}`, ...seen };
    this.feed.push(event);
    this.followers[0]?.events.push({ ...event, at: this.#now });
    for (const webhook of HOOKS) {
      const [id, at] = [`${webhook}-${sequence}`, this.#now];
      this.deliveries.push({ webhook, id, sequence, key, at, accepted: true });
    }
  }

  eventOf(resource: string, version: number): SeenEvent {
    const has = ({ seen }: SeenEvent) => seen?.resource === resource && seen.version === version;
    return this.feed.find(has) as SeenEvent;
  }

  remove(event: SeenEvent): void {
    this.feed = this.feed.filter((one) => one !== event);
    for (const follower of this.followers) {
      follower.events = follower.events.filter(({ sequence }) => sequence !== event.sequence);
    }
  }
}

test('the checker finds nothing in a history that keeps all promises', () => {
  assert.deepEqual(findViolations(new Planted()), []);
});

/** What is changed in a history, and what the checker must then find. */
const PLANTED: readonly [what: string, kind: ViolationKind, plant: (history: Planted) => void][] = [
  ['a created task that is not stored', 'lost write', (h) => h.stored.splice(h.stored.indexOf(h.row('ada/t1')), 1)],
  ['a task without its last update', 'lost write', (h) => Object.assign(h.row('ada/t1'), { version: 2 })],
  [
    'a deleted task that is stored',
    'lost write',
    (h) =>
      h.stored.push({
        key: h.operations.find((one) => one.resource === 'bob/t1')?.key ?? '',
        resource: 'bob/t1',
        version: 1,
      }),
  ],
  [
    'an update that overwrites that of another client',
    'lost write',
    (h) => h.operation({ client: 'ada', kind: 'update', resource: 'counter', version: 3, outcome: 'acknowledged' }),
  ],
  ['a task that is stored twice', 'doubled write', (h) => h.stored.push({ ...h.row('ada/t1'), key: 'task/99' })],
  [
    'a task with another id than was acknowledged',
    'doubled write',
    (h) => Object.assign(h.row('ada/t1'), { key: 'task/99' }),
  ],
  [
    'a task that no client sent',
    'unsent write',
    (h) => h.stored.push({ key: 'task/99', resource: 'eve/t1', version: 1 }),
  ],
  [
    'a rejected update that is stored',
    'unsent write',
    (h) => {
      h.operation({ client: 'ada', kind: 'update', resource: 'ada/t1', version: 4, outcome: 'rejected' });
      h.row('ada/t1').version = 4;
    },
  ],
  [
    'half a batch',
    'torn batch',
    (h) => {
      for (const one of h.operations) if (one.batch !== undefined) one.outcome = 'unknown';
      h.stored.splice(h.stored.indexOf(h.row('ada/t4')), 1);
    },
  ],
  ['a read of an older version than the client wrote', 'stale read', (h) => h.read('ada', 'ada/t1', 2)],
  ['a read that does not find what the client created', 'stale read', (h) => h.read('ada', 'ada/t1', undefined)],
  ['a read that finds what the client deleted', 'stale read', (h) => h.read('bob', 'bob/t1', 1)],
  [
    'a read that is older than the one before',
    'stale read',
    (h) => {
      h.read('bob', 'ada/t1', 3);
      h.read('bob', 'ada/t1', 2);
    },
  ],
  [
    'a list without the last update of the client',
    'stale read',
    (h) => Object.assign(h.operations.at(-1)?.found?.[0] ?? {}, { version: 1 }),
  ],
  ['a list without a task of the client', 'stale read', (h) => h.operations.at(-1)?.found?.shift()],
  ['a missing event', 'event missing', (h) => h.remove(h.eventOf('ada/t1', 2))],
  ['the missing event of a deletion', 'event missing', (h) => h.remove(h.feed.at(-1) as SeenEvent)],
  ['two events of one write', 'event doubled', (h) => h.event('task.updated', 'ada/t1', 3)],
  [
    'events of a task out of order',
    'event out of order',
    (h) => {
      const [two, three] = [h.eventOf('ada/t1', 2).seen, h.eventOf('ada/t1', 3).seen];
      Object.assign(h.eventOf('ada/t1', 2), { seen: three });
      Object.assign(h.feed.find(({ seen }, i) => seen === three && h.feed[i - 1]?.seen === three) ?? {}, { seen: two });
    },
  ],
  [
    'events of two writers out of order',
    'event out of order',
    (h) => {
      const [first, second] = [h.eventOf('ada/u1', 1), h.eventOf('bob/u1', 1)];
      [first.seen, second.seen] = [second.seen as never, first.seen as never];
    },
  ],
  ['an event that a follower did not get', 'event missing', (h) => h.followers[0]?.events.splice(4, 1)],
  [
    'an event that a follower got twice',
    'event doubled',
    (h) => h.followers[0]?.events.splice(4, 0, h.followers[0].events[3] as SeenEvent),
  ],
  [
    'an event that a follower got too late',
    'event out of order',
    (h) => h.followers[0]?.events.push(...(h.followers[0]?.events.splice(4, 1) ?? [])),
  ],
  [
    'an event that the feed does not have',
    'event missing',
    (h) => h.followers[0]?.events.splice(4, 0, { ...(h.feed[3] as SeenEvent), sequence: 9 }),
  ],
  ['a webhook that is never sent', 'webhook lost', (h) => h.deliveries.splice(6, 1)],
  [
    'a webhook that is never accepted',
    'webhook lost',
    (h) => Object.assign(h.deliveries[6] ?? {}, { accepted: false }),
  ],
  [
    'a webhook that is sent with two ids',
    'webhook with two ids',
    (h) => h.deliveries.push({ ...(h.deliveries[6] as Delivery), id: 'other' }),
  ],
  [
    'two events with the id of one webhook',
    'webhook with two ids',
    (h) => Object.assign(h.deliveries[6] ?? {}, { id: h.deliveries[4]?.id }),
  ],
  [
    'webhooks of a task out of order',
    'webhook out of order',
    (h) => {
      const { sequence } = h.eventOf('ada/t1', 2);
      for (const one of h.deliveries) if (one.sequence === sequence) one.at += 1_000;
    },
  ],
  [
    'a missing reminder',
    'reminder missing',
    (h) => h.remove(h.feed.find(({ type }) => type === 'task.reminder') as SeenEvent),
  ],
  ['a second reminder', 'reminder doubled', (h) => h.event('task.reminder', 'ada/t2', 1)],
];

for (const [what, kind, plant] of PLANTED) {
  test(`the checker finds ${what}`, () => {
    const history = new Planted();
    plant(history);
    const violations = findViolations(history);
    assert.ok(violations.length > 0, 'nothing was found');
    assert.ok(
      violations.some((violation) => violation.kind === kind),
      JSON.stringify(violations),
    );
  });
}

test('the checker accepts either outcome of a write that is unknown, and a webhook that is sent again', () => {
  const history = new Planted();
  history.operation({ client: 'ada', kind: 'update', resource: 'ada/t1', version: 4, outcome: 'unknown' });
  history.operation({
    client: 'ada',
    kind: 'create',
    resource: 'ada/t9',
    owner: 'ada/u1',
    version: 1,
    outcome: 'unknown',
  });
  history.operation({ client: 'bob', kind: 'delete', resource: 'bob/u1', outcome: 'unknown' });
  history.read('ada', 'ada/t1', 3);
  history.deliveries.push({ ...(history.deliveries[6] as Delivery), at: 9_999 });
  assert.deepEqual(findViolations(history), []);
});
