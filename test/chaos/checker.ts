import { checkDeliveries } from './check-deliveries.ts';
import { checkEvents, checkReminders } from './check-events.ts';
import { checkReads } from './check-reads.ts';
import { checkWrites } from './check-writes.ts';
import type { History, Violation } from './history.ts';

/** The promises that a history breaks. */
export function findViolations(history: History): Violation[] {
  return [
    ...checkWrites(history),
    ...checkReads(history),
    ...checkEvents(history),
    ...checkReminders(history),
    ...checkDeliveries(history),
  ];
}
