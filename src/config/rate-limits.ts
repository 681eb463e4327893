import type { Setting } from './setting.ts';

/** How many requests a token of a plan may make. `unlimited` counts nothing. */
export type Plan = LimitedPlan | 'unlimited';
export interface LimitedPlan {
  readonly perMinute: number;
  readonly perDay: number;
}
export type Plans = ReadonlyMap<string, Plan>;

const DEFAULT_PLANS = 'basic=60/10000,professional=300/50000,enterprise=1000/250000';

export const RATE_LIMIT_SETTINGS = {
  plans: {
    variable: 'PLANS',
    flag: '--plans <list>',
    description: 'rate limits of plans',
    details:
      'Adds plans to the default ones, or replaces those of the same name. The plan `unlimited` always exists. A token whose plan does not ' +
      'exist has the limits of `basic`. See [Limits](limits.md#how-often).',
    values: 'a comma-separated list of `NAME=PER_MINUTE/PER_DAY`, such as `basic=60/10000,mine=500/100000`',
    default: DEFAULT_PLANS,
    parse: parsePlans,
  },
  redisUrl: {
    variable: 'REDIS_URL',
    flag: '--redis-url <url>',
    description: 'Redis or Valkey server that shares rate limits between processes',
    details:
      'Without it, only the workers of one `serve` share them. See [Several processes](scaling.md#more-than-one-process).',
    values: 'a `redis:` or `rediss:` URL, such as `redis://USER:PASSWORD@localhost:6379`',
    default: '',
    parse: parseRedisUrl,
    redact: (text: string) => text.replace(/:.*/s, ':…'),
  },
} as const satisfies Record<string, Setting<unknown>>;

function parsePlans(text: string): Plans | undefined {
  const plans = new Map<string, Plan>([['unlimited', 'unlimited']]);
  for (const entry of [...DEFAULT_PLANS.split(','), ...text.split(',')]) {
    const [, name, perMinute, perDay] = /^\s*([a-z][a-z0-9_-]{0,31})=(\d{1,12})\/(\d{1,12})\s*$/.exec(entry) ?? [];
    if (name === undefined || name === 'unlimited' || Number(perMinute) < 1 || Number(perDay) < 1) return undefined;
    plans.set(name, { perMinute: Number(perMinute), perDay: Number(perDay) });
  }
  return plans;
}

function parseRedisUrl(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' ? text : undefined;
}
