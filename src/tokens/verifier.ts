import type { Store, Token } from '../storage/store.ts';
import { type JwtVerifier, looksLikeJwt } from './jwt.ts';
import { type Principal, toPrincipal } from './principal.ts';
import { hashSecret, parseToken, secretMatches } from './secret.ts';
import { ShortMemory } from './short-memory.ts';

/** The literal token of the API's documents. Development mode accepts it; every other way of starting refuses it. */
export const DEVELOPMENT_TOKEN = 'your-token-here';

const DEVELOPMENT_PRINCIPAL: Principal = { tokenId: 0, scopes: new Set(['admin']), plan: 'enterprise', userId: null };

interface Remembered {
  readonly token: Token;
  readonly principal: Principal;
}

export interface TokenVerifierOptions {
  store: Pick<Store, 'getToken'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Whether {@link DEVELOPMENT_TOKEN} lets in. */
  acceptDevelopmentToken: boolean;
  /** Judges JWTs, where an issuer is configured. */
  jwtVerifier?: JwtVerifier | undefined;
}

/** Tells whose token it is. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  /** By the whole text, and active ones only: what is found here has been compared before. */
  readonly #memory = new ShortMemory<Remembered>();
  readonly #developmentHash: Uint8Array = hashSecret(DEVELOPMENT_TOKEN);

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * The principal of a token, or undefined for one that is unknown, expired or revoked. A promise only when the
   * store, or the issuer of a JWT, had to be asked.
   *
   * @throws IssuerUnavailable when it is a JWT and the issuer's keys are needed and cannot be read.
   */
  verify(text: string): Principal | undefined | Promise<Principal | undefined> {
    const { clock, jwtVerifier } = this.#options;
    const now = clock();
    const remembered = this.#memory.get(text, now);
    if (remembered !== undefined) return isActive(remembered.token, now) ? remembered.principal : undefined;
    const parts = parseToken(text);
    if (parts !== undefined) return this.#read(text, parts.tokenId, parts.secret, now);
    // No issued token has a full stop.
    if (jwtVerifier !== undefined && looksLikeJwt(text)) return jwtVerifier.verify(text);
    return this.#verifyDevelopmentToken(text);
  }

  /** To be called when a user is deleted: the tokens bound to the user are no longer remembered. */
  forgetUser(userId: number): void {
    this.#memory.forget(({ token }) => token.userId === userId);
    this.#options.jwtVerifier?.forgetUser(userId);
  }

  async #read(text: string, tokenId: number, secret: string, now: number): Promise<Principal | undefined> {
    const token = await this.#options.store.getToken(tokenId);
    if (token === undefined || !secretMatches(secret, token.secretHash) || !isActive(token, now)) return undefined;
    const principal = toPrincipal(token);
    this.#memory.set(text, { token, principal }, now);
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
