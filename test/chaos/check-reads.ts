import { groupWrites, isAcknowledged, type ResourceWrites } from './check-writes.ts';
import type { History, Operation, Violation } from './history.ts';

/**
 * What a client reads is never older than its own last write, and a single resource never older than what the same client
 * read before. Nothing is read that no client sent.
 */
export function checkReads({ operations }: History): Violation[] {
  const groups = groupWrites(operations);
  const tasksOf = Map.groupBy(
    [...groups.values()].filter(({ create }) => create?.owner !== undefined),
    ({ create }) => create?.owner,
  );
  const violations: Violation[] = [];
  for (const own of Map.groupBy(operations, ({ client }) => client).values()) {
    /** By resource, the newest version that this client read. */
    const read = new Map<string, number>();
    for (const operation of own.toSorted((a, b) => a.start - b.start)) {
      const { kind, resource, version, outcome, found = [] } = operation;
      if (outcome !== 'acknowledged') continue;
      if (kind === 'read') {
        const group = groups.get(resource);
        if (group !== undefined) violations.push(...checkSeen(operation, group, version, read.get(resource) ?? 0));
        if (version !== undefined) read.set(resource, Math.max(version, read.get(resource) ?? 0));
      }
      if (kind === 'list') {
        const versions = new Map(found.map((one) => [one.resource, one.version]));
        for (const group of tasksOf.get(resource) ?? []) {
          violations.push(...checkSeen(operation, group, versions.get(group.resource), 0));
        }
      }
    }
  }
  return violations;
}

/** @param version what was seen: undefined for nothing. @param floor the oldest version that the client may see. */
function checkSeen(
  { client, kind, start, end }: Operation,
  { resource, create, versions, deletions }: ResourceWrites,
  version: number | undefined,
  floor: number,
): Violation[] {
  const isOwn = (write: Operation) => write.client === client && write.end <= start && isAcknowledged(write);
  const stale = (text: string): Violation[] => [
    { kind: 'stale read', text: `${client} got ${text} in a ${kind}`, at: end },
  ];
  const mayBeDeleted = deletions.some((one) => one.start < end && one.outcome !== 'rejected');
  if (version === undefined) {
    if (floor > 0 && !mayBeDeleted) return stale(`no ${resource} after version ${floor}`);
    return create !== undefined && isOwn(create) && !mayBeDeleted ? stale(`no ${resource}, which it had created`) : [];
  }
  if (deletions.some(isOwn)) return stale(`${resource}, which it had deleted`);
  const written = Math.max(0, ...versions.filter(isOwn).map((write) => write.version ?? 0));
  if (version < written) return stale(`version ${version} of ${resource}, of which it had written version ${written}`);
  if (version < floor) return stale(`version ${version} of ${resource}, of which it had read version ${floor}`);
  const wasSent = versions.some(
    (write) => write.version === version && write.start < end && write.outcome !== 'rejected',
  );
  if (wasSent) return [];
  return [
    {
      kind: 'unsent write',
      text: `${client} read version ${version} of ${resource}, which no client had sent`,
      at: end,
    },
  ];
}
