import { LRUCache } from 'lru-cache';
import type { Store, Token } from '../storage/store.ts';
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
}

export interface TokenVerifierOptions {
  store: Pick<Store, 'getToken'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Whether {@link DEVELOPMENT_TOKEN} lets in. */
  acceptDevelopmentToken: boolean;
}

/** Tells whose token it is. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  /** By the whole text, and active ones only: what is found here has been compared before. */
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
      return isActive(remembered.token, now) ? remembered.principal : undefined;
    }
    const parts = parseToken(text);
    if (parts === undefined) return this.#verifyDevelopmentToken(text);
    return this.#read(text, parts.tokenId, parts.secret, now);
  }

  /** To be called when a user is deleted: the tokens bound to the user are no longer remembered. */
  forgetUser(userId: number): void {
    for (const [text, { token }] of this.#remembered.entries()) {
      if (token.userId === userId) this.#remembered.delete(text);
    }
  }

  async #read(text: string, tokenId: number, secret: string, now: number): Promise<Principal | undefined> {
    const token = await this.#options.store.getToken(tokenId);
    if (token === undefined || !secretMatches(secret, token.secretHash) || !isActive(token, now)) return undefined;
    const principal = toPrincipal(token);
    this.#remembered.set(text, { token, principal, readAt: now });
    return principal;
  }

  #verifyDevelopmentToken(text: string): Principal | undefined {
    const accepted = this.#options.acceptDevelopmentToken && secretMatches(text, this.#developmentHash);
    return accepted ? DEVELOPMENT_PRINCIPAL : undefined;
  }
}

/** Whether a token is neither revoked nor expired at an instant (milliseconds since the epoch). */
export function isActive({ revokedAt, expiresAt }: Token, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
