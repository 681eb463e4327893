import type { Store } from '../domain/store.ts';
import type { Token, TokenQuery } from '../domain/tokens.ts';

const PAGE = 1_000;

/** Every token, revoked and expired ones included, by id. */
export async function* allTokens(store: Pick<Store, 'tokens'>): AsyncGenerator<Token> {
  let from: TokenQuery['from'] = { offset: 0 };
  for (let more = true; more; ) {
    const sort: TokenQuery['sort'] = [{ field: 'tokenId', descending: false }];
    const page = await store.tokens.list({ filter: {}, sort, from, limit: PAGE, count: false });
    yield* page.items;
    from = { after: [page.items.at(-1)?.tokenId ?? 0] };
    more = page.more;
  }
}
