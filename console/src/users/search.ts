import type { ListUsersQuery } from '#client';
import { recordId, someOf, text } from '../app/url-state.ts';
import { startOfDay } from '../formats/dates.ts';

/** How far back the filter "changed" goes, in days from midnight. */
const CHANGED_DAYS = { today: 0, week: 7, month: 30 } as const;

export type Changed = keyof typeof CHANGED_DAYS;

export const CHANGED = Object.keys(CHANGED_DAYS) as Changed[];

/** The state of the page in the URL. */
export const USERS_STATE = {
  q: text(),
  changed: someOf(CHANGED),
  sort: text('userId'),
  user: recordId,
};

/** The query of the API for the state. */
export function toQuery(state: { q: string; changed: readonly Changed[]; sort: string }, now: number): ListUsersQuery {
  const [changed] = state.changed;
  const since = changed === undefined ? undefined : startOfDay(now) - CHANGED_DAYS[changed] * 86_400_000;
  return {
    sort: state.sort,
    search: state.q === '' ? undefined : state.q,
    updatedSince: since === undefined ? undefined : new Date(since).toISOString(),
  };
}
