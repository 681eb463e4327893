import { NoSuchUser, type Scope, type Store } from '../storage/store.ts';
import { formatToken, generateSecret, hashSecret } from './secret.ts';

/** The scopes there are (contract, section 5). */
export const SCOPES: readonly Scope[] = ['users:read', 'users:write', 'tasks:read', 'tasks:write', 'admin'];

export interface TokenRequest {
  name: string;
  scopes: Scope[];
  plan: string;
  userId: number | null;
  /** Milliseconds since the epoch, or null for never. */
  expiresAt: number | null;
}

/** Makes a token and stores its hash. The text is shown this once. */
export async function issueToken(
  store: Pick<Store, 'createToken'>,
  request: TokenRequest,
  now: number,
): Promise<{ tokenId: number; text: string } | typeof NoSuchUser> {
  const secret = generateSecret();
  const token = await store.createToken({ ...request, secretHash: hashSecret(secret), createdAt: now });
  if (token === NoSuchUser) return NoSuchUser;
  return { tokenId: token.tokenId, text: formatToken(token.tokenId, secret) };
}
