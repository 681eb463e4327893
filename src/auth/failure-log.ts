import ipaddr from 'ipaddr.js';
import type { Logger } from 'pino';
import type { AddressLogging } from '../config/logging.ts';
import { NETWORK_BITS, networkOf, parseAddress } from '../rate-limit/address-key.ts';

/** How often failures of one address are logged at most: the first, and their number after this time. */
const INTERVAL_MS = 60_000;
/** How many addresses have lines of their own in that time. */
const MAX_ADDRESSES = 100;
/** How many bits of an IPv4 address are logged when it is masked. */
const MASKED_BITS = 24;

export interface FailureLogOptions {
  logger: Pick<Logger, 'warn'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  addresses: AddressLogging;
}

/**
 * Logs from which addresses unrecognised tokens come. However many do, there are at most two lines a minute for an address,
 * and a bounded number of lines altogether.
 */
export class FailureLog {
  readonly #options: FailureLogOptions;
  readonly #counts = new Map<string | undefined, number>();
  /** Failures of addresses without lines of their own. */
  #others = 0;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FailureLogOptions) {
    this.#options = options;
  }

  /** @param ip as the connection or a trusted proxy has it. */
  record(ip: string, requestId: string): void {
    const { logger, clock, addresses } = this.#options;
    const now = clock();
    // The timer's time is not the clock's.
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
    if (count === 0) logger.warn({ address, requestId }, 'authentication failed');
  }

  /** Logs how many failures there were since the first, if there were more. */
  flush(): void {
    const { logger } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [address, failures] of this.#counts) {
      if (failures > 1) logger.warn({ address, failures }, 'authentication failed repeatedly');
    }
    if (this.#others > 0) {
      logger.warn({ failures: this.#others }, 'authentication failed repeatedly, from too many addresses to list');
    }
    this.#counts.clear();
    this.#others = 0;
  }
}

/** The address as the log shows it. What is no address is never shown as it was sent. */
function formatAddress(text: string, mode: AddressLogging): string | undefined {
  if (mode === 'off') return undefined;
  const address = parseAddress(text);
  if (address === undefined) return 'unknown';
  if (mode === 'full') return address.toString();
  return networkOf(address, address instanceof ipaddr.IPv4 ? MASKED_BITS : NETWORK_BITS);
}
