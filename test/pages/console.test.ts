import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { testApp } from '../support/app.ts';

/** The URLs that the page loads, relative to it. */
function loadedFiles(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
}

test('every path of the console is the same page, whose files are found, also behind a path', async (t) => {
  const { app } = await testApp(t);
  for (const path of ['/console', '/console/', '/console/tasks', '/console/tasks/12']) {
    const { statusCode, headers, body } = await app.inject({ url: path });
    assert.equal(statusCode, 200, path);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-cache');
    const files = loadedFiles(body);
    assert.ok(files.length >= 4, path);
    for (const file of files) {
      const { pathname } = new URL(file, `https://example.com/prefix${path}`);
      assert.match(pathname, /^\/prefix\/console\/assets\//, path);
      const response = await app.inject({ url: pathname.replace('/prefix', '') });
      assert.equal(response.statusCode, 200, pathname);
    }
  }
});

test('the files of the console are compressed, and do not change', async (t) => {
  const { app } = await testApp(t);
  const { body } = await app.inject({ url: '/console/' });
  for (const file of loadedFiles(body).filter((url) => /\.(js|css)$/.test(url))) {
    const get = (encoding: string) =>
      app.inject({ url: new URL(file, 'http://a/console/').pathname, headers: { 'accept-encoding': encoding } });
    const plain = await get('identity');
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    const brotli = await get('gzip, deflate, br, zstd');
    assert.deepEqual([brotli.headers['content-encoding'], brotli.headers.vary], ['br', 'Accept-Encoding']);
    assert.deepEqual(brotliDecompressSync(brotli.rawPayload), plain.rawPayload);
    const gzip = await get('br;q=0, gzip');
    assert.equal(gzip.headers['content-encoding'], 'gzip');
    assert.deepEqual(gunzipSync(gzip.rawPayload), plain.rawPayload);
  }
});

test('a file of the console that does not exist is not found', async (t) => {
  const { app } = await testApp(t);
  const { statusCode, headers } = await app.inject({ url: '/console/assets/index-00000000.js' });
  assert.deepEqual([statusCode, headers['content-type']], [404, 'application/json; charset=utf-8']);
});

test('only development mode gives the console a token', async (t) => {
  for (const acceptDevelopmentToken of [true, false]) {
    const { app } = await testApp(t, { acceptDevelopmentToken });
    const { body } = await app.inject({ url: '/console' });
    assert.equal(body.includes('your-token-here'), acceptDevelopmentToken);
  }
});
