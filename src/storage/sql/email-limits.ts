import { createHash } from 'node:crypto';
import { type EmailSend, MAX_CONFIRMATIONS_PER_DAY, MAX_REMINDERS_PER_ADDRESS_DAY } from '../../domain/emails.ts';

export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;

/** The maximum number of rows of `email_sends` that are pruned in one transaction. */
export const SENDS_PRUNED_PER_BATCH = 100;

/** SHA-256 of an address's key: `email_sends` stores this instead of the address. */
export function hashAddress(contactEmailKey: string): Uint8Array {
  return createHash('sha256').update(contactEmailKey).digest();
}

/** The maximum number of emails of a kind to one address within 24 hours. */
export function maxPerAddressDay(kind: EmailSend['kind']): number {
  return kind === 'reminder' ? MAX_REMINDERS_PER_ADDRESS_DAY : MAX_CONFIRMATIONS_PER_DAY;
}
