import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';

/** Where a link of a page leads (RFC 8288), or undefined when there is no such link. */
export function linkTo(answer: LightMyRequestResponse, rel: string): string | undefined {
  for (const [, url, name] of String(answer.headers.link ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)) {
    if (name === rel) return url;
  }
  return undefined;
}

/**
 * Checks the links of a page: `first` always, `prev` on every page with a number above 0, `next` where more rows are;
 * all with the page's own order and filters.
 */
export function assertLinks(answer: LightMyRequestResponse, url: string, more: boolean): void {
  const [path, search] = url.split('?');
  const own = new URLSearchParams(search);
  const page = Number(own.get('_page') ?? 0);
  const { _page, _cursor, ...rest } = Object.fromEntries(own);
  const target = (rel: string): Record<string, string> | undefined => {
    const link = linkTo(answer, rel);
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
