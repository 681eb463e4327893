import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES } from '../../src/http/errors/error-codes.ts';
import { getDocument, type Json } from './get-document.ts';

test('the codes of errors are an enum, and each is in an example of the document', async (t) => {
  const { document } = await getDocument(t);
  assert.deepEqual(document.components.schemas.Error.properties.code.enum, ERROR_CODES);
  const found = new Set<string>();
  const walk = (node: Json): void => {
    if (typeof node !== 'object' || node === null) return;
    if (typeof node.requestId === 'string') found.add(node.code);
    for (const child of Object.values(node)) walk(child);
  };
  walk(document);
  assert.deepEqual([...found].toSorted(), [...ERROR_CODES].toSorted());
});

test('the document names a contact and a license', async (t) => {
  const { document } = await getDocument(t);
  assert.deepEqual(document.info.contact, { name: 'The operator of this server' });
  assert.deepEqual(document.info.license, { name: 'MIT', identifier: 'MIT' });
});
