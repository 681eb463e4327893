import type { Delivery, History, Violation } from './history.ts';

/** Each webhook gets each event, with one id however often it is sent, and the events of a resource in order. */
export function checkDeliveries({ feed, webhooks, deliveries }: History): Violation[] {
  // The deliveries of a deleted user are deleted, but for that of its deletion.
  const deleted = new Set(feed.filter(({ type }) => type === 'user.deleted').map(({ owner }) => owner));
  const required = feed.filter(({ type, owner }) => type === 'user.deleted' || !deleted.has(owner));
  return webhooks.flatMap((webhook) => {
    const own = deliveries.filter((delivery) => delivery.webhook === webhook);
    const accepted = new Map<number, Delivery>();
    for (const delivery of own) {
      if (delivery.accepted && !accepted.has(delivery.sequence)) accepted.set(delivery.sequence, delivery);
    }
    return [
      ...required
        .filter(({ sequence }) => !accepted.has(sequence))
        .map(
          ({ sequence, type, key }): Violation => ({
            kind: 'webhook lost',
            text: `${webhook} did not get event ${sequence}, ${type} of ${key}`,
          }),
        ),
      ...checkIds(webhook, own),
      ...checkOrder(webhook, own, accepted),
    ];
  });
}

function checkIds(webhook: string, deliveries: readonly Delivery[]): Violation[] {
  const violations: Violation[] = [];
  const find = (what: 'sequence' | 'id', other: 'id' | 'sequence') => {
    const first = new Map<unknown, Delivery>();
    for (const delivery of deliveries) {
      const before = first.get(delivery[what]);
      if (before === undefined) first.set(delivery[what], delivery);
      else if (before[other] !== delivery[other]) {
        const text = `${webhook} got ${what} ${delivery[what]} with the ${other}s ${before[other]} and ${delivery[other]}`;
        violations.push({ kind: 'webhook with two ids', text, at: delivery.at });
      }
    }
  };
  find('sequence', 'id');
  find('id', 'sequence');
  return violations;
}

/** An event of a resource is sent after the one before it was accepted. */
function checkOrder(
  webhook: string,
  deliveries: readonly Delivery[],
  accepted: ReadonlyMap<number, Delivery>,
): Violation[] {
  const violations: Violation[] = [];
  for (const [key, own] of Map.groupBy(deliveries, (delivery) => delivery.key)) {
    let highest = 0;
    for (const { sequence, at } of own.toSorted((a, b) => a.at - b.at)) {
      // A repetition of an accepted one, whose response was lost, may come at any time.
      const isFirst = accepted.get(sequence)?.at === at || !accepted.has(sequence);
      if (isFirst && sequence < highest) {
        const text = `${webhook} got event ${sequence} of ${key} after event ${highest}`;
        violations.push({ kind: 'webhook out of order', text, at });
      }
      highest = Math.max(highest, sequence);
    }
  }
  return violations;
}
