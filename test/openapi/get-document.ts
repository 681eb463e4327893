import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type TestApp, testApp } from '../support/app.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests walk through it, and a step that is not there fails them.
export type Json = any;

/** `/openapi.json` of a new application with every operation that can be turned on. */
export async function getDocument(t: TestContext): Promise<TestApp & { document: Json }> {
  const app = await testApp(t, { settings: EMAIL_TEST_SETTINGS });
  const response = await app.app.inject({ url: '/openapi.json' });
  assert.equal(response.statusCode, 200);
  return { ...app, document: response.json() };
}
