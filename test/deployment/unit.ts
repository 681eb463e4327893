import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../docs/clone.ts';
import { runProgram } from '../support/run-program.ts';

export const UNIT_FILE = join(ROOT, 'ops/task-api.service');
export const UNIT = readFileSync(UNIT_FILE, 'utf8');

/** The values of a setting of the unit, in order. */
export function readValues(key: string): string[] {
  return [...UNIT.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

/** The system calls that `SystemCallFilter` of the unit allows, as the systemd of this machine has them. */
export async function readAllowedCalls(): Promise<Set<string>> {
  const sets = parseSets(await runProgram('systemd-analyze', ['--no-pager', 'syscall-filter']));
  const expand = (name: string): string[] => (name.startsWith('@') ? (sets.get(name) ?? []).flatMap(expand) : [name]);
  const allowed = new Set<string>();
  for (const value of readValues('SystemCallFilter')) {
    const names = value.replace('~', '').split(' ').flatMap(expand);
    for (const name of names) {
      if (value.startsWith('~')) allowed.delete(name);
      else allowed.add(name);
    }
  }
  return allowed;
}

/** The groups of system calls, with their members: calls and other groups. */
function parseSets(text: string): Map<string, string[]> {
  const sets = new Map<string, string[]>();
  let members: string[] = [];
  for (const line of text.split('\n')) {
    const name = line.trim();
    if (/^@/.test(line)) {
      members = [];
      sets.set(name, members);
    } else if (/^\s+[@\w]/.test(line)) {
      members.push(name);
    }
  }
  return sets;
}
