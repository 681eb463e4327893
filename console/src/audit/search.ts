import type { ChangeType, ListAuditQuery } from '#client';
import { oneOf, recordId, someOf, text, type UrlValue } from '../app/url-state.ts';
import { TIME_ZONE } from '../formats/dates.ts';
import { daysFrom } from '../formats/periods.ts';
import { DAY_MS } from '../formats/zoned-time.ts';

/** The types of changes. An object, so that none is missing. */
const TYPES: Record<ChangeType, true> = {
  ...{ 'task.created': true, 'task.updated': true, 'task.completed': true, 'task.reminder': true },
  ...{ 'task.deleted': true, 'user.created': true, 'user.updated': true, 'user.deleted': true },
  ...{ 'identity.bound': true, 'token.created': true, 'token.rotated': true, 'token.revoked': true },
  ...{ 'webhook.created': true, 'webhook.updated': true, 'webhook.rotated': true, 'webhook.test': true },
  'webhook.deleted': true,
};

export const CHANGE_TYPES = Object.keys(TYPES) as ChangeType[];

/** How many days a period has, with today as the last one. */
export const PERIODS = { today: 1, week: 7, month: 30 } as const;

export type Period = keyof typeof PERIODS;

/** An instant in RFC 3339; none by default. */
const instant: UrlValue<string | undefined> = {
  parse: (value = '') => {
    const isComplete = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(value);
    return isComplete && !Number.isNaN(Date.parse(value)) ? value : undefined;
  },
  print: (value) => value,
};

/** What the URL of the page says. `entry` is open; all else filters. `from` and `to` have no effect beside a period. */
export const STATE = {
  user: recordId,
  task: recordId,
  type: someOf(CHANGE_TYPES),
  actor: text(),
  period: oneOf('', ...(Object.keys(PERIODS) as Period[])),
  from: instant,
  to: instant,
  entry: recordId,
};

/** The state without filters. */
export const UNFILTERED = {
  ...{ user: undefined, task: undefined, type: [], actor: '' },
  ...{ period: '' as const, from: undefined, to: undefined },
};

export type AuditSearch = {
  [Name in Exclude<keyof typeof STATE, 'entry'>]: ReturnType<(typeof STATE)[Name]['parse']>;
};

type Filter = Pick<ListAuditQuery, 'userId' | 'taskId' | 'type' | 'actor' | 'changedAfter' | 'changedBefore'>;

/** @param now milliseconds since the epoch. */
export function toFilter({ user, task, type, actor, period, from, to }: AuditSearch, now: number): Filter {
  const after = period === '' ? from : startOf(period, now);
  const before = period === '' ? to : undefined;
  return {
    ...(user !== undefined && { userId: user }),
    ...(task !== undefined && { taskId: task }),
    ...(type.length > 0 && { type: [...type] }),
    ...(actor !== '' && { actor }),
    ...(after !== undefined && { changedAfter: after }),
    ...(before !== undefined && { changedBefore: before }),
  };
}

function startOf(period: Period, now: number): string {
  // At noon, the day before is the previous one also if clocks change.
  const noon = Date.parse(daysFrom(now, 1, TIME_ZONE).from) + DAY_MS / 2;
  return daysFrom(noon - (PERIODS[period] - 1) * DAY_MS, 1, TIME_ZONE).from;
}
