import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';

/** The target of a link of a page (RFC 8288), or undefined if there is none. */
export function linkTo(response: LightMyRequestResponse, rel: string): string | undefined {
  for (const [, url, name] of String(response.headers.link ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)) {
    if (name === rel) return url;
  }
  return undefined;
}

/**
 * Checks the links of a page: `first` always, `prev` on every page with a number above 0, `next` if there are more rows;
 * all with the page's order and filters.
 */
export function assertLinks(response: LightMyRequestResponse, url: string, more: boolean): void {
  const [path, search] = url.split('?');
  const own = new URLSearchParams(search);
  const page = Number(own.get('_page') ?? 0);
  const { _page, _cursor, ...rest } = Object.fromEntries(own);
  const target = (rel: string): Record<string, string> | undefined => {
    const link = linkTo(response, rel);
    if (link === undefined) return undefined;
    const [linkPath, linkSearch] = link.split('?');
    assert.equal(linkPath, path);
    return Object.fromEntries(new URLSearchParams(linkSearch));
  };
  assert.deepEqual(target('first'), rest);
  assert.deepEqual(target('prev'), page > 0 ? { ...rest, _page: String(page - 1) } : undefined);
  const next = target('next');
  const cursor = next?._cursor;
  assert.equal(cursor !== undefined, more, more ? 'no next link, and more rows' : 'a next link, and no more rows');
  assert.deepEqual(next, cursor === undefined ? undefined : { ...rest, _cursor: cursor });
}
