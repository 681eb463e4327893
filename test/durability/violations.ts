import { isDeepStrictEqual } from 'node:util';
import type { Acknowledgement, Ledger } from './ledger.ts';
import type { SeenUser, UserFields } from './nth-user.ts';

/** The violations of what the clients were promised, a sentence each. */
export function findViolations(ledger: Ledger, stored: readonly SeenUser[]): string[] {
  return [
    ...findReusedIds(ledger.acknowledged),
    ...findLostUsers(ledger.acknowledged, stored),
    ...findDuplicates(stored),
    ...findStrangers(ledger.sent, stored),
  ];
}

/** No id and no address is handed out twice, and after a restart all ids are above all of before. */
function findReusedIds(acknowledged: readonly Acknowledgement[]): string[] {
  const violations: string[] = [];
  const ids = new Set<number>();
  const addresses = new Set<string>();
  let round = 0;
  let highest = 0;
  let highestBefore = 0;
  for (const { round: ofRound, user } of acknowledged) {
    if (ofRound !== round) {
      round = ofRound;
      highestBefore = highest;
    }
    const { userId, contactEmail } = user;
    if (ids.has(userId)) {
      violations.push(`id ${userId} was acknowledged twice, the second time in round ${round} to ${contactEmail}`);
    } else if (userId <= highestBefore) {
      violations.push(`id ${userId} of round ${round} is not above ${highestBefore}, acknowledged in an earlier round`);
    }
    if (addresses.has(contactEmail)) {
      violations.push(`${contactEmail} was acknowledged twice, the second time in round ${round}`);
    }
    ids.add(userId);
    addresses.add(contactEmail);
    highest = Math.max(highest, userId);
  }
  return violations;
}

/** Every acknowledged user is there, as acknowledged. */
function findLostUsers(acknowledged: readonly Acknowledgement[], stored: readonly SeenUser[]): string[] {
  const byId = new Map(stored.map((user) => [user.userId, user]));
  const violations: string[] = [];
  for (const { round, user } of acknowledged) {
    const found = byId.get(user.userId);
    if (found === undefined) {
      violations.push(`lost: ${JSON.stringify(user)}, acknowledged in round ${round}`);
    } else if (!isDeepStrictEqual(found, user)) {
      violations.push(`changed: ${JSON.stringify(user)}, acknowledged in round ${round}, is ${JSON.stringify(found)}`);
    }
  }
  return violations;
}

/** No id and no address is in the file twice. */
function findDuplicates(stored: readonly SeenUser[]): string[] {
  const violations: string[] = [];
  const ids = new Set<number>();
  const addresses = new Set<string>();
  for (const { userId, contactEmail } of stored) {
    if (ids.has(userId)) violations.push(`id ${userId} is in the file twice`);
    if (addresses.has(contactEmail)) violations.push(`${contactEmail} is in the file twice`);
    ids.add(userId);
    addresses.add(contactEmail);
  }
  return violations;
}

/** An unacknowledged user may be missing but not partial; there are no other users. */
function findStrangers(sent: ReadonlyMap<string, UserFields>, stored: readonly SeenUser[]): string[] {
  const violations: string[] = [];
  for (const user of stored) {
    const { userId: _, ...fields } = user;
    if (!isDeepStrictEqual(fields, sent.get(user.contactEmail))) {
      violations.push(`${JSON.stringify(user)} is in the file and was never sent`);
    }
  }
  return violations;
}
