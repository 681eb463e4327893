import { isIP } from 'node:net';
import { parsePort } from './network.ts';
import type { Setting } from './setting.ts';

export const METRICS_SETTINGS = {
  metricsPort: {
    variable: 'METRICS_PORT',
    flag: '--metrics-port <number>',
    description: 'port of `/metrics`; 0 selects a free port, and the log shows it',
    details: 'If it is not set, there are no metrics. See [Metrics](metrics.md).',
    values: 'an integer from 0 to 65535',
    default: '',
    parse: parsePort,
  },
  metricsHost: {
    variable: 'METRICS_HOST',
    flag: '--metrics-host <address>',
    description: 'address of `/metrics`',
    details: 'Requests need no token: choose an address that only your monitoring can reach.',
    values: '`localhost` or an IP address',
    default: '127.0.0.1',
    parse: (text: string) => (text === 'localhost' || isIP(text) !== 0 ? text : undefined),
  },
} as const satisfies Record<string, Setting<unknown>>;
