import { createHash } from 'node:crypto';
import { type EmailSend, MAX_CONFIRMATIONS_PER_DAY, MAX_REMINDERS_PER_ADDRESS_DAY } from '../../domain/emails.ts';

export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;

/** How many old rows of `email_sends` are pruned in one transaction. */
export const SENDS_PRUNED_PER_BATCH = 100;

/** What `email_sends` knows an address by: SHA-256 of its key. */
export function hashAddress(contactEmailKey: string): Uint8Array {
  return createHash('sha256').update(contactEmailKey).digest();
}

/** How many emails of a kind one address is sent within a day. */
export function maxPerAddressDay(kind: EmailSend['kind']): number {
  return kind === 'reminder' ? MAX_REMINDERS_PER_ADDRESS_DAY : MAX_CONFIRMATIONS_PER_DAY;
}
