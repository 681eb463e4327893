import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { SettingName } from '../../src/config/settings.ts';
import { type TestApp, testApp } from './app.ts';
import { JOHN } from './examples.ts';
import { AUDIENCE, type Issuer, startIssuer } from './issuer.ts';

/** The claims of John's token, and of a service token. */
export const JOHNS = { email: JOHN.contactEmail, email_verified: true, scope: 'users:read users:write tasks:read' };
export const SERVICE = { client_type: 'service', scope: 'users:read' };

export interface JwtTestApp extends TestApp {
  issuer: Issuer;
  /** The status of `GET /users/1`, or of another path, with a token. */
  status: (token: string, url?: string) => Promise<number>;
}

/** An application that accepts the tokens of a provider, with the user John. Its clock starts at the current time. */
export async function jwtTestApp(
  t: TestContext,
  settings: Partial<Record<SettingName, string>> = {},
): Promise<JwtTestApp> {
  const issuer = await startIssuer(t);
  const jwt = { jwtIssuer: issuer.url, jwtAudience: AUDIENCE, jwtServiceClaim: 'client_type=service' };
  const app = await testApp(t, { settings: { ...jwt, ...settings } });
  app.clock.now = Date.now();
  assert.equal((await app.post('/users', JOHN)).statusCode, 201);
  const status = async (token: string, url = '/users/1') => (await app.request({ url, token })).statusCode;
  return { ...app, issuer, status };
}
