import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { testApp } from '../support/app.ts';

const DEPRECATED = { since: '2026-11-28', sunset: '2027-05-01', link: 'https://example.com/upgrading' };
const LINK = '<https://example.com/upgrading>; rel="deprecation"; type="text/html"';

test('responses of a deprecated route have Deprecation, Sunset and Link, and others do not', async (t) => {
  const { app, request } = await testApp(t);
  const response = { 200: Type.Object({ ok: Type.Boolean() }, { title: 'Old' }) };
  const querystring = Type.Object({ a: Type.Optional(Type.Integer()) }, { additionalProperties: false });
  const schema = { operationId: 'getOld', summary: 'Get', description: 'An old route.', querystring, response };
  app.get('/old', { config: { scope: 'users:read', deprecated: DEPRECATED }, schema }, async (_request, reply) => {
    reply.header('link', '</old>; rel="first"');
    return { ok: true };
  });
  const { sunset: _, ...undated } = DEPRECATED;
  app.get('/undated', { config: { public: true, deprecated: undated }, schema: { hide: true } }, async () => ({}));

  const old = await request({ method: 'GET', url: '/old' });
  assert.deepEqual([old.statusCode, old.json()], [200, { ok: true }]);
  assert.equal(old.headers.deprecation, '@1795824000');
  assert.equal(old.headers.sunset, 'Sat, 01 May 2027 00:00:00 GMT');
  assert.equal(old.headers.link, `</old>; rel="first", ${LINK}`);
  for (const [url, token, status] of [
    ['/old', 'wrong', 401],
    ['/old?b=1', undefined, 400],
  ] as const) {
    const { statusCode, headers } = await request({ method: 'GET', url, ...(token !== undefined && { token }) });
    assert.deepEqual([statusCode, headers.deprecation, headers.link], [status, '@1795824000', LINK]);
  }
  const { headers: withoutSunset } = await request({ method: 'GET', url: '/undated' });
  assert.deepEqual([withoutSunset.deprecation, withoutSunset.sunset], ['@1795824000', undefined]);
  const { headers } = await request({ method: 'GET', url: '/users' });
  assert.deepEqual([headers.deprecation, headers.sunset], [undefined, undefined]);

  const documented = readCheckedBlock('docs/upgrading.md', import.meta.filename)
    .split('\n')
    .slice(1, 4);
  assert.deepEqual(documented, [
    `Deprecation: ${old.headers.deprecation}`,
    `Sunset: ${old.headers.sunset}`,
    `Link: ${LINK}`,
  ]);
  const { paths } = (await app.inject({ method: 'GET', url: '/openapi.json' })).json();
  assert.equal(paths['/old'].get.deprecated, true);
  assert.match(paths['/old'].get.description, /Deprecated since 2026-11-28, to be removed from 2027-05-01 on: https:/);
  assert.equal('deprecated' in paths['/users'].get, false);
});
