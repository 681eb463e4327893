import type { Store } from '../domain/store.ts';
import type { Token, TokenQuery } from '../domain/tokens.ts';

const PAGE_SIZE = 1_000;

/** Every token, including revoked and expired ones, by ID. */
export async function* allTokens(store: Pick<Store, 'tokens'>): AsyncGenerator<Token> {
  let from: TokenQuery['from'] = { offset: 0 };
  for (let more = true; more; ) {
    const sort: TokenQuery['sort'] = [{ field: 'tokenId', descending: false }];
    const page = await store.tokens.list({ filter: {}, sort, from, limit: PAGE_SIZE, count: false });
    yield* page.items;
    from = { after: [page.items.at(-1)?.tokenId ?? 0] };
    more = page.more;
  }
}
