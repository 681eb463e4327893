import { LRUCache } from 'lru-cache';
import { type Store, TOKEN_USE_PRECISION, type Token } from '../storage/store.ts';
import { type Principal, toPrincipal } from './principal.ts';
import { hashSecret, parseToken, secretMatches } from './secret.ts';

/** The literal token of the API's documents. Development mode accepts it; every other way of starting refuses it. */
export const DEVELOPMENT_TOKEN = 'your-token-here';

const DEVELOPMENT_PRINCIPAL: Principal = { tokenId: 0, scopes: new Set(['admin']), plan: 'enterprise', userId: null };

/** How long a token is remembered, in milliseconds: a revocation takes effect within this time. */
const REMEMBERED_FOR = 500;
const MAX_REMEMBERED = 10_000;

interface Remembered {
  readonly token: Token;
  readonly principal: Principal;
  readonly readAt: number;
  readonly acceptedUntil: number;
}

export interface TokenVerifierOptions {
  store: Pick<Store, 'getToken' | 'noteTokenUse'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Whether {@link DEVELOPMENT_TOKEN} lets in. */
  acceptDevelopmentToken: boolean;
}

/** Tells whose token it is. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  /** By the whole text, and accepted ones only: what is found here has been compared before. */
  readonly #remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED });
  readonly #developmentHash: Uint8Array = hashSecret(DEVELOPMENT_TOKEN);

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * The principal of a token, or undefined for one that is unknown, expired or revoked. A promise only when the
   * store had to be asked.
   */
  verify(text: string): Principal | undefined | Promise<Principal | undefined> {
    const now = this.#options.clock();
    const remembered = this.#remembered.get(text);
    // A clock that was set back makes the age negative: that is no reason to trust for longer.
    const age = remembered === undefined ? -1 : now - remembered.readAt;
    if (remembered !== undefined && age >= 0 && age < REMEMBERED_FOR) {
      return now < remembered.acceptedUntil ? remembered.principal : undefined;
    }
    const parts = parseToken(text);
    if (parts === undefined) return this.#verifyDevelopmentToken(text);
    return this.#read(text, parts.tokenId, parts.secret, now);
  }

  /** To be called when a user is deleted: the tokens bound to the user are no longer remembered. */
  forgetUser(userId: number): void {
    this.#forget((token) => token.userId === userId);
  }

  /** To be called when a token is revoked: it is no longer remembered. */
  forgetToken(tokenId: number): void {
    this.#forget((token) => token.tokenId === tokenId);
  }

  #forget(isMeant: (token: Token) => boolean): void {
    for (const [text, { token }] of this.#remembered.entries()) {
      if (isMeant(token)) this.#remembered.delete(text);
    }
  }

  async #read(text: string, tokenId: number, secret: string, now: number): Promise<Principal | undefined> {
    const token = await this.#options.store.getToken(tokenId);
    const acceptedUntil = token === undefined ? 0 : accepts(token, secret);
    if (token === undefined || now >= acceptedUntil) return undefined;
    const principal = toPrincipal(token);
    this.#remembered.set(text, { token, principal, readAt: now, acceptedUntil });
    this.#noteUse(token, now);
    return principal;
  }

  /** Nobody waits for it, and when it fails the next use is noted instead. */
  #noteUse({ tokenId, lastUsedAt }: Token, now: number): void {
    if (now - (lastUsedAt ?? 0) < TOKEN_USE_PRECISION) return;
    this.#options.store.noteTokenUse(tokenId).catch(() => undefined);
  }

  #verifyDevelopmentToken(text: string): Principal | undefined {
    const accepted = this.#options.acceptDevelopmentToken && secretMatches(text, this.#developmentHash);
    return accepted ? DEVELOPMENT_PRINCIPAL : undefined;
  }
}

/** Until when a token with this secret is accepted, in milliseconds since the epoch; 0 for a secret that is not its own. */
function accepts({ secretHash, previousSecret, revokedAt, expiresAt }: Token, secret: string): number {
  const end = revokedAt !== null ? 0 : (expiresAt ?? Number.POSITIVE_INFINITY);
  if (secretMatches(secret, secretHash)) return end;
  if (previousSecret === null || !secretMatches(secret, previousSecret.hash)) return 0;
  return Math.min(end, previousSecret.validUntil);
}

/** Whether a token is neither revoked nor expired at an instant (milliseconds since the epoch). */
export function isActive({ revokedAt, expiresAt }: Token, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
