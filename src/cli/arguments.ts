import { InvalidArgumentError } from 'commander';
import { parseBackupCount } from '../config/backups.ts';
import { MAX_TOKEN_NAME_LENGTH, SCOPES, type Scope } from '../domain/tokens.ts';
import * as durations from '../formats/duration.ts';
import { parseResourceId } from '../formats/resource-id.ts';
import { ONE_LINE } from '../formats/text.ts';

/** Each worker opens its own connections to the database, whose number is limited. */
export const MAX_WORKERS = 64;

export function parseTokenName(text: string): string {
  if (new RegExp(ONE_LINE, 'u').test(text) && [...text].length <= MAX_TOKEN_NAME_LENGTH) return text;
  throw new InvalidArgumentError(
    `It must have 1 to ${MAX_TOKEN_NAME_LENGTH} characters, none of them control characters.`,
  );
}

/** Parses one argument of `--scope` and adds it to the scopes before it. */
export function parseScopes(text: string, before: Scope[] = []): Scope[] {
  const scopes = text.split(',') as Scope[];
  if (scopes.every((scope) => SCOPES.includes(scope))) return [...before, ...scopes];
  throw new InvalidArgumentError(`Allowed choices are ${SCOPES.join(', ')}.`);
}

export function parseId(text: string): number {
  const id = parseResourceId(text);
  if (id === undefined) throw new InvalidArgumentError('It must be an integer from 1.');
  return id;
}

/** Parses a duration, such as `90d`, into milliseconds. */
export function parseDuration(text: string): number {
  const durationMs = durations.parseDuration(text);
  if (durationMs === undefined) throw new InvalidArgumentError('It must be a duration, such as 90d, 12h or 30m.');
  return durationMs;
}

/** Parses the number of backups to keep. */
export function parseKeep(text: string): number {
  const keep = parseBackupCount(text);
  if (keep === undefined) throw new InvalidArgumentError('It must be an integer from 1 to 9999.');
  return keep;
}

export function parseWorkers(text: string): number {
  const workers = Number(text);
  if (/^\d{1,2}$/.test(text) && workers >= 1 && workers <= MAX_WORKERS) return workers;
  throw new InvalidArgumentError(`It must be an integer from 1 to ${MAX_WORKERS}.`);
}
