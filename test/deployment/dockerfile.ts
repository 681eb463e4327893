import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../docs/clone.ts';

export const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

/** The instructions of a stage, by the name after `AS`. Without a name, those of the image itself. */
export function readStage(name?: string): string {
  const stages = DOCKERFILE.split(/^(?=FROM )/m).filter((text) => text.startsWith('FROM '));
  const stage = stages.find((text) => text.split('\n', 1)[0]?.endsWith(name === undefined ? '-slim' : ` AS ${name}`));
  if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name ?? 'without a name'}`);
  return stage;
}

/** The arguments of the first instruction in exec form that begins so. */
export function readCommand(stage: string, instruction: RegExp): string[] {
  const [, args] = new RegExp(`${instruction.source} (\\[.*\\])$`, 'm').exec(stage) ?? [];
  if (args === undefined) throw new Error(`the stage has no ${instruction.source}`);
  return JSON.parse(args);
}

/** What `ENV` sets. */
export function readEnvironment(stage: string): Record<string, string> {
  const [, pairs = ''] = /^ENV (.*)$/m.exec(stage) ?? [];
  return Object.fromEntries(pairs.split(' ').map((pair) => pair.split(/=(.*)/)));
}
