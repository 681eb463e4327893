import type { Config } from '../config/config.ts';
import { type DatabaseConfig, describeDatabase } from '../config/database.ts';
import { COMMAND_LINE } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import { isActive, type Scope, type Token } from '../domain/tokens.ts';
import { allTokens } from '../tokens/all-tokens.ts';
import { issueToken, rotateToken as rotateStoredToken } from '../tokens/issue.ts';
import { CliError } from './cli-error.ts';
import { databaseFlag } from './database-flag.ts';
import { COMMAND } from './executable.ts';
import { openStore, readVersion } from './open-store.ts';
import { alignColumns, escapeInvisible } from './table.ts';

const ACTOR = { actor: COMMAND_LINE };

export interface CreateTokenOptions {
  name: string;
  scope: Scope[];
  user?: number;
  plan: string;
  /** In milliseconds. */
  expires?: number;
}

/** `token create`. */
export async function createToken({ database, plans }: Config, options: CreateTokenOptions): Promise<void> {
  const { name, scope, user, plan, expires } = options;
  if (!plans.has(plan)) throw new CliError(`--plan must be one of ${[...plans.keys()].join(', ')}; it is ${plan}`);
  if (user !== undefined && scope.includes('admin')) {
    throw new CliError('the scope admin is not available to user tokens; omit --user or the scope');
  }
  const now = Date.now();
  const request = {
    name,
    scopes: [...new Set(scope)],
    plan,
    userId: user ?? null,
    expiresAt: expires === undefined ? null : now + expires,
  };
  const issued = await withStore(database, (store) => issueToken(store, request, ACTOR, now));
  if (typeof issued === 'symbol') throw new CliError(`there is no user ${user}; create the user first`);
  process.stdout.write(`${issued.item.text}\n`);
  process.stderr.write(`Token ${issued.item.token.tokenId} is issued. Keep it safe: it is not shown again.\n`);
}

/** `token list`. */
export async function listTokens({ database }: Config): Promise<void> {
  const tokens = await withExistingStore(database, (store) => Array.fromAsync(allTokens(store)));
  const header = ['ID', 'NAME', 'SCOPES', 'USER', 'PLAN', 'CREATED', 'EXPIRES', 'LAST USED', 'STATE'];
  process.stdout.write(alignColumns([header, ...tokens.map((token) => describe(token, Date.now()))]));
}

/**
 * `token rotate`.
 *
 * @param overlap how long the old secret stays valid, in milliseconds.
 */
export async function rotateToken({ database }: Config, tokenId: number, overlap: number): Promise<void> {
  const validUntil = Date.now() + overlap;
  const text = await withExistingStore(database, (store) => {
    return rotateStoredToken(store, tokenId, validUntil, ACTOR);
  });
  if (text === undefined) throw noSuchToken(tokenId, database);
  process.stdout.write(`${text}\n`);
  process.stderr.write(
    `Token ${tokenId} has a new secret. Keep it safe: it is not shown again. The old secret is valid until ` +
      `${formatInstant(validUntil)}.\n`,
  );
}

/** `token revoke`. */
export async function revokeToken({ database }: Config, tokenId: number): Promise<void> {
  const revoked = await withExistingStore(database, (store) => store.tokens.revoke(tokenId, ACTOR));
  if (!revoked) throw noSuchToken(tokenId, database);
  process.stderr.write(`Token ${tokenId} is revoked.\n`);
}

function noSuchToken(tokenId: number, database: DatabaseConfig): CliError {
  const list = `${COMMAND} token list${databaseFlag(database)}`;
  return new CliError(`token ${tokenId} does not exist or is already revoked; to list tokens, run: ${list}`);
}

/** Like {@link withStore}, but does not create the database: its URL may be mistyped. */
async function withExistingStore<T>(database: DatabaseConfig, use: (store: Store) => Promise<T>): Promise<T> {
  if ((await readVersion(database)) === 0) {
    throw new CliError(
      `there is no Task Management API database at ${describeDatabase(database)}; correct --database-url or ` +
        'DATABASE_URL, or start the server, which creates it',
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
  const user = userId === null ? '-' : String(userId);
  const expires = expiresAt === null ? 'never' : formatInstant(expiresAt);
  const used = lastUsedAt === null ? 'never' : formatInstant(lastUsedAt);
  return [
    String(tokenId),
    escapeInvisible(name),
    scopes.join(','),
    user,
    plan,
    formatInstant(createdAt),
    expires,
    used,
    state,
  ];
}

function formatInstant(at: number): string {
  return new Date(at).toISOString();
}
