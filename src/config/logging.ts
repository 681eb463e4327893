import { oneOf, parseChoice, type Setting } from './setting.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const ADDRESS_LOGGING = ['masked', 'full', 'off'] as const;
/** `masked` is the /24 network of an IPv4 address, or the /64 network of an IPv6 address. */
export type AddressLogging = (typeof ADDRESS_LOGGING)[number];

export const LOGGING_SETTINGS = {
  logLevel: {
    variable: 'LOG_LEVEL',
    flag: '--log-level <level>',
    description: `minimum level to log: ${LOG_LEVELS.join(', ')}`,
    details: 'Each request is a line at `info`.',
    values: oneOf(LOG_LEVELS),
    default: 'info',
    parse: (text: string) => parseChoice(LOG_LEVELS, text),
  },
  logAddresses: {
    variable: 'LOG_ADDRESSES',
    flag: '--log-addresses <mode>',
    description: `client addresses in the log of failed authentication: ${ADDRESS_LOGGING.join(', ')}`,
    details:
      '`masked` is the /24 network of an IPv4 address and the /64 network of an IPv6 address. ' +
      'See [Failed authentication](security.md#failed-authentication).',
    values: oneOf(ADDRESS_LOGGING),
    default: 'masked',
    parse: (text: string) => parseChoice(ADDRESS_LOGGING, text),
  },
} as const satisfies Record<string, Setting<unknown>>;
