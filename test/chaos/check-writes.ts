import type { History, Operation, Stored, Violation } from './history.ts';

/** All writes to one resource, in the order of their start. */
export interface ResourceWrites {
  resource: string;
  create: Operation | undefined;
  /** The creation and the updates. */
  versions: Operation[];
  deletions: Operation[];
}

/** The writes by resource. The deletion of a user is one of each of its tasks. */
export function groupWrites(operations: readonly Operation[]): Map<string, ResourceWrites> {
  const groups = new Map<string, ResourceWrites>();
  for (const operation of operations.toSorted((a, b) => a.start - b.start)) {
    const { kind, resource } = operation;
    if (kind === 'read' || kind === 'list') continue;
    const group = groups.get(resource) ?? { resource, create: undefined, versions: [], deletions: [] };
    groups.set(resource, group);
    if (kind === 'delete') group.deletions.push(operation);
    else group.versions.push(operation);
    if (kind === 'create') group.create = operation;
  }
  for (const { create, deletions } of groups.values()) {
    const owner = create?.owner === undefined ? undefined : groups.get(create.owner);
    deletions.push(...(owner?.deletions ?? []));
  }
  return groups;
}

export function isAcknowledged({ outcome }: Operation): boolean {
  return outcome === 'acknowledged';
}

/** Every acknowledged write is stored, once; no other is. */
export function checkWrites({ operations, stored }: History): Violation[] {
  const groups = groupWrites(operations);
  const rows = Map.groupBy(stored, ({ resource }) => resource);
  return [
    ...[...groups.values()].flatMap((group) => checkResource(group, rows.get(group.resource) ?? [])),
    ...[...rows].flatMap(([resource, [row]]): Violation[] =>
      groups.has(resource)
        ? []
        : [{ kind: 'unsent write', text: `${row?.key} is stored as ${resource}, which no client sent` }],
    ),
    ...checkBatches(groups, rows),
  ];
}

function checkResource(
  { resource, create, versions, deletions }: ResourceWrites,
  rows: readonly Stored[],
): Violation[] {
  const violations: Violation[] = [];
  const [row, second] = rows;
  const acknowledged = versions.filter(isAcknowledged);
  const deletion = deletions.find(isAcknowledged);
  const mayBeDeleted = deletions.some(({ outcome }) => outcome !== 'rejected');
  if (second !== undefined) {
    const keys = rows.map(({ key }) => key).join(', ');
    violations.push({ kind: 'doubled write', text: `${resource} is stored as ${keys}`, ...atEndOf(create) });
  }
  for (const [version, [first, other]] of Map.groupBy(acknowledged, ({ version }) => version)) {
    if (first === undefined || other === undefined) continue;
    const text = `version ${version} of ${resource} was acknowledged to ${first.client} and to ${other.client}: one overwrote the other`;
    violations.push({ kind: 'lost write', text, ...atEndOf(other) });
  }
  if (row === undefined) {
    if (create !== undefined && isAcknowledged(create) && !mayBeDeleted) {
      violations.push({ kind: 'lost write', text: `${resource} was created, and is not stored`, ...atEndOf(create) });
    }
    return violations;
  }
  if (create?.key !== undefined && create.key !== row.key) {
    const text = `${resource} was created as ${create.key}, and is stored as ${row.key}`;
    violations.push({ kind: 'doubled write', text, ...atEndOf(create) });
  }
  if (deletion !== undefined) {
    violations.push({
      kind: 'lost write',
      text: `${resource} was deleted, and is stored as ${row.key}`,
      ...atEndOf(deletion),
    });
  }
  const last = acknowledged.reduce<Operation | undefined>(
    (newest, one) => ((one.version ?? 0) > (newest?.version ?? 0) ? one : newest),
    undefined,
  );
  if (last !== undefined && row.version < (last.version ?? 0)) {
    const text = `version ${last.version} of ${resource} was acknowledged, and ${row.key} has version ${row.version}`;
    violations.push({ kind: 'lost write', text, ...atEndOf(last) });
  }
  if (!versions.some(({ version, outcome }) => version === row.version && outcome !== 'rejected')) {
    const text = `${row.key} has version ${row.version} of ${resource}, which was rejected or never sent`;
    violations.push({ kind: 'unsent write', text });
  }
  return violations;
}

/** The items of a batch are all created, or none. */
function checkBatches(groups: Map<string, ResourceWrites>, rows: Map<string, readonly Stored[]>): Violation[] {
  // An item that was changed or deleted later was created.
  const isCreated = ({ resource, versions, deletions }: ResourceWrites) =>
    rows.has(resource) || versions.length > 1 || deletions.length > 0;
  const batches = Map.groupBy(
    [...groups.values()].filter(({ create }) => create?.batch !== undefined),
    ({ create }) => create?.batch,
  );
  return [...batches].flatMap(([batch, items]): Violation[] => {
    const created = items.filter(isCreated);
    const all = created.length === 0 || created.length === items.length;
    const text = `${created.length} of the ${items.length} items of batch ${batch} were created`;
    return all ? [] : [{ kind: 'torn batch', text, ...atEndOf(items[0]?.create) }];
  });
}

function atEndOf(operation: Operation | undefined): Pick<Violation, 'at'> {
  return operation === undefined ? {} : { at: operation.end };
}
