import { type Command, InvalidArgumentError, Option } from 'commander';
import { isActive } from '../auth/token-verifier.ts';
import { type DatabaseConfig, describeDatabase } from '../config/database.ts';
import { COMMAND_LINE } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import { SCOPES, type Scope, type Token } from '../domain/tokens.ts';
import { ONE_LINE } from '../formats/text.ts';
import { parseResourceId } from '../http/resource/ids.ts';
import { allTokens } from '../tokens/all-tokens.ts';
import { issueToken, rotateToken } from '../tokens/issue.ts';
import { MAX_NAME_LENGTH } from '../tokens/schema.ts';
import { CliError } from './cli-error.ts';
import { databaseFlag } from './database-flag.ts';
import { openStore, readVersion } from './open-store.ts';
import { addSettings, readSettings, STORE_SETTINGS } from './settings.ts';

const ACTOR = { actor: COMMAND_LINE };
/** In milliseconds. */
const DAY = 86_400_000;

/** `token create`, `token list`, `token rotate` and `token revoke`. */
export function addToken(program: Command): void {
  const token = program.command('token').description('issue, list, rotate and revoke bearer tokens');
  addCreate(token);
  addList(token);
  addRotate(token);
  addRevoke(token);
}

function addCreate(token: Command): void {
  const command = token
    .command('create')
    .description('issue a token and print it, this once')
    .requiredOption('--name <name>', 'what to call it', parseName)
    .addOption(
      new Option('--scope <scope...>', `what it may do, with spaces or commas between: ${SCOPES.join(', ')}`)
        .argParser(parseScopes)
        .makeOptionMandatory(),
    )
    .option('--user <id>', 'bind it to one user: that user’s data only', parseId)
    .option('--plan <plan>', 'its rate limits', 'basic')
    .option(
      '--expires <duration>',
      'for how long it is good, as 90d, 12h or 30m (default: until revoked)',
      parseDuration,
    );
  addSettings(command, [...STORE_SETTINGS, 'plans']);
  command.action(async (options: CreateOptions) => {
    const config = readSettings(command);
    if (!config.plans.has(options.plan)) {
      throw new CliError(`--plan must be one of ${[...config.plans.keys()].join(', ')}; it is ${options.plan}`);
    }
    if (options.user !== undefined && options.scope.includes('admin')) {
      throw new CliError('the scope admin is never bound to a user; leave out --user or --scope admin');
    }
    const now = Date.now();
    const request = {
      name: options.name,
      scopes: [...new Set(options.scope)],
      plan: options.plan,
      userId: options.user ?? null,
      expiresAt: options.expires === undefined ? null : now + options.expires,
    };
    const issued = await withStore(config.database, (store) => issueToken(store, request, ACTOR, now));
    if (typeof issued === 'symbol') throw new CliError(`there is no user ${options.user}; create the user first`);
    process.stdout.write(`${issued.item.text}\n`);
    process.stderr.write(`Token ${issued.item.token.tokenId} is issued. Keep it safe: it is not shown again.\n`);
  });
}

interface CreateOptions {
  name: string;
  scope: Scope[];
  user?: number;
  plan: string;
  expires?: number;
}

function addList(token: Command): void {
  const command = token.command('list').description('list every token, without its secret');
  addSettings(command, STORE_SETTINGS);
  command.action(async () => {
    const tokens = await withExistingStore(readSettings(command).database, (store) =>
      Array.fromAsync(allTokens(store)),
    );
    const header = ['ID', 'NAME', 'SCOPES', 'USER', 'PLAN', 'CREATED', 'EXPIRES', 'LAST USED', 'STATE'];
    process.stdout.write(formatTable([header, ...tokens.map((one) => describe(one, Date.now()))]));
  });
}

function addRotate(token: Command): void {
  const command = token
    .command('rotate')
    .description('give a token another secret and print it, this once; for a while the old one is good as well')
    .argument('<id>', 'the id that `token list` shows', parseId)
    .addOption(
      new Option('--overlap <duration>', 'for how long the old one stays valid, such as 7d, 12h or 30m')
        .argParser(parseDuration)
        .default(DAY, '1d'),
    );
  addSettings(command, STORE_SETTINGS);
  command.action(async (tokenId: number, { overlap }: { overlap: number }) => {
    const validUntil = Date.now() + overlap;
    const { database } = readSettings(command);
    const text = await withExistingStore(database, (store) => {
      return rotateToken(store, tokenId, validUntil, COMMAND_LINE);
    });
    if (text === undefined) throw noSuchToken(tokenId, database);
    process.stdout.write(`${text}\n`);
    process.stderr.write(
      `Token ${tokenId} has a new secret. Keep it safe: it is not shown again. The old one is good until ` +
        `${formatInstant(validUntil)}.\n`,
    );
  });
}

function addRevoke(token: Command): void {
  const command = token
    .command('revoke')
    .description('revoke a token; a running server refuses it within a second')
    .argument('<id>', 'the id that `token list` shows', parseId);
  addSettings(command, STORE_SETTINGS);
  command.action(async (tokenId: number) => {
    const { database } = readSettings(command);
    const revoked = await withExistingStore(database, (store) => store.tokens.revoke(tokenId, ACTOR));
    if (!revoked) throw noSuchToken(tokenId, database);
    process.stderr.write(`Token ${tokenId} is revoked.\n`);
  });
}

function noSuchToken(tokenId: number, database: DatabaseConfig): CliError {
  const list = `npx task-api token list${databaseFlag(database)}`;
  return new CliError(`token ${tokenId} does not exist or is revoked already; see: ${list}`);
}

/** As {@link withStore}, but makes no database where there is none: its place may be mistyped. */
async function withExistingStore<T>(database: DatabaseConfig, use: (store: Store) => Promise<T>): Promise<T> {
  if ((await readVersion(database)) === 0) {
    throw new CliError(
      `there is no database of this program at ${describeDatabase(database)}; correct --database-url or DATABASE_URL, ` +
        'or start the service first, which creates it',
    );
  }
  return withStore(database, use);
}

async function withStore<T>(database: DatabaseConfig, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(database, Date.now);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function describe(token: Token, now: number): string[] {
  const { tokenId, name, scopes, userId, plan, createdAt, expiresAt, lastUsedAt, revokedAt } = token;
  const state = isActive(token, now) ? 'active' : revokedAt !== null ? 'revoked' : 'expired';
  const bound = userId === null ? '-' : String(userId);
  const expires = expiresAt === null ? 'never' : formatInstant(expiresAt);
  const used = lastUsedAt === null ? 'never' : formatInstant(lastUsedAt);
  return [
    String(tokenId),
    escapeInvisible(name),
    scopes.join(','),
    bound,
    plan,
    formatInstant(createdAt),
    expires,
    used,
    state,
  ];
}

/** What would break or reorder a row of text, in a form that can be seen. */
function escapeInvisible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function formatInstant(at: number): string {
  return new Date(at).toISOString();
}

function formatTable(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function parseName(text: string): string {
  if (new RegExp(ONE_LINE, 'u').test(text) && [...text].length <= MAX_NAME_LENGTH) return text;
  throw new InvalidArgumentError(`It must have 1 to ${MAX_NAME_LENGTH} characters, none of them control characters.`);
}

/** One value of `--scope`, added to those before it. */
function parseScopes(text: string, before: Scope[] = []): Scope[] {
  const scopes = text.split(',') as Scope[];
  if (scopes.every((scope) => SCOPES.includes(scope))) return [...before, ...scopes];
  throw new InvalidArgumentError(`Allowed choices are ${SCOPES.join(', ')}.`);
}

function parseId(text: string): number {
  const id = parseResourceId(text);
  if (id === undefined) throw new InvalidArgumentError('It must be a whole number from 1.');
  return id;
}

/** Milliseconds. */
function parseDuration(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const unitLength = { m: 60_000, h: 3_600_000, d: DAY }[unit as 'm' | 'h' | 'd'];
  if (unitLength === undefined) throw new InvalidArgumentError('It must be a duration such as 90d, 12h or 30m.');
  return Number(count) * unitLength;
}
