import ipaddr from 'ipaddr.js';
import type { Logger } from 'pino';
import type { AddressLogging } from '../config/logging.ts';
import { NETWORK_BITS, networkOf, parseAddress } from '../rate-limit/address-key.ts';
import type { RequestFields } from '../tracing/request-trace.ts';

/** The first failure of an address is logged immediately, the number of failures after this time. */
const INTERVAL_MS = 60_000;
/** The maximum number of addresses that are logged individually in that time. */
const MAX_ADDRESSES = 100;
/** The number of bits of an IPv4 address that are logged if addresses are masked. */
const MASKED_BITS = 24;

export interface FailureLogOptions {
  logger: Pick<Logger, 'warn'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  addresses: AddressLogging;
}

/** Logs the addresses that send invalid tokens: at most two lines a minute an address, and a bounded number in total. */
export class FailureLog {
  readonly #options: FailureLogOptions;
  readonly #counts = new Map<string | undefined, number>();
  /** Failures of addresses that are not logged individually. */
  #others = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FailureLogOptions) {
    this.#options = options;
  }

  /** @param ip the address of the client, as reported by the connection or a trusted proxy. */
  record(ip: string, request: RequestFields): void {
    const { logger, clock, addresses } = this.#options;
    const now = clock();
    // The timer does not follow the clock.
    if (now - this.#startedAt >= INTERVAL_MS || now < this.#startedAt) this.flush();
    if (this.#timer === undefined) {
      this.#startedAt = now;
      this.#timer = setTimeout(() => this.flush(), INTERVAL_MS).unref();
    }
    const address = formatAddress(ip, addresses);
    const count = this.#counts.get(address) ?? 0;
    if (count === 0 && this.#counts.size >= MAX_ADDRESSES) {
      this.#others++;
      return;
    }
    this.#counts.set(address, count + 1);
    if (count === 0) logger.warn({ address, ...request }, 'authentication failed');
  }

  /** Logs the number of failures of each address, if there were several. */
  flush(): void {
    const { logger } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [address, failures] of this.#counts) {
      if (failures > 1) logger.warn({ address, failures }, 'authentication failed repeatedly');
    }
    if (this.#others > 0) {
      logger.warn({ failures: this.#others }, 'authentication failed repeatedly from more addresses');
    }
    this.#counts.clear();
    this.#others = 0;
  }
}

/** The address for the log. A text that is not an address is never logged. */
function formatAddress(text: string, mode: AddressLogging): string | undefined {
  if (mode === 'off') return undefined;
  const address = parseAddress(text);
  if (address === undefined) return 'unknown';
  if (mode === 'full') return address.toString();
  return networkOf(address, address instanceof ipaddr.IPv4 ? MASKED_BITS : NETWORK_BITS);
}
