import { ADDRESS } from './nth-user.ts';
import type { SystemCall } from './system-calls.ts';

export interface SyncOrder {
  /** The address in every 201, in the order in which they were sent. */
  acknowledged: string[];
  /** How often the log was synced. */
  syncs: number;
  /** A sentence for every 201 that was sent too early. */
  violations: string[];
}

const WRITES = new Set(['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendto', 'sendmsg', 'sendmmsg']);
const SYNCS = new Set(['fsync', 'fdatasync']);
const CREATED = /HTTP\/1\.1 201 /g;

/**
 * Whether every 201 was sent only when the rows that it speaks of had been written to the log, and a sync that began
 * after the last write to the log had succeeded; of another thread, which writes other rows, the log may have later writes.
 * A write counts from its beginning, a sync from its end.
 */
export function checkSyncOrder(calls: readonly SystemCall[], logFile: string): SyncOrder {
  const order: SyncOrder = { acknowledged: [], syncs: 0, violations: [] };
  /** Writes to the log that no sync has covered. */
  const unsynced = new Set<SystemCall>();
  /** The thread that wrote each address that is synced. */
  const syncedBy = new Map<string, string>();

  for (const { call, type } of inOrder(calls)) {
    const writes = WRITES.has(call.name);
    if (isOn(logFile, call)) {
      if (writes && type === 'begin') unsynced.add(call);
      if (!SYNCS.has(call.name) || type === 'begin' || call.result !== '0') continue;
      order.syncs++;
      for (const write of unsynced) {
        if (write.end > call.begin) continue;
        unsynced.delete(write);
        for (const address of addressesIn(write)) {
          if (!syncedBy.has(address)) syncedBy.set(address, write.thread);
        }
      }
    } else if (writes && type === 'begin' && !call.result?.startsWith('-1')) {
      // A write that failed, on a full socket for one, sent nothing and is made again.
      for (const address of createdUsersIn(call)) {
        order.acknowledged.push(address);
        const writer = syncedBy.get(address);
        if (writer === undefined) {
          order.violations.push(`the 201 for ${address} was sent before its row was synced`);
        } else if ([...unsynced].some(({ thread }) => thread === writer)) {
          order.violations.push(`the 201 for ${address} was sent while the log was not synced`);
        }
      }
    }
  }
  return order;
}

/** The beginnings and the ends of the calls, as they came. */
function inOrder(calls: readonly SystemCall[]): { call: SystemCall; type: 'begin' | 'end' }[] {
  return calls
    .flatMap((call) => [
      { call, type: 'begin' as const, at: call.begin },
      { call, type: 'end' as const, at: call.end },
    ])
    .filter(({ at }) => at !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a.at - b.at);
}

/** Whether the call's first argument is a descriptor of the file. */
function isOn(file: string, call: SystemCall): boolean {
  return /^\d+/.test(call.args) && call.args.slice(call.args.indexOf('<')).startsWith(`<${file}>`);
}

/** @throws when a 201 does not stand in the call together with its addresses: that could not be judged. */
function createdUsersIn(call: SystemCall): string[] {
  const heads = call.args.match(CREATED)?.length ?? 0;
  if (heads === 0) return [];
  const addresses = addressesIn(call);
  if (addresses.length < heads) {
    throw new Error(`${heads} responses and ${addresses.length} addresses in one ${call.name}: ${call.args}`);
  }
  return addresses;
}

function addressesIn(call: SystemCall): string[] {
  return call.args.match(ADDRESS) ?? [];
}
