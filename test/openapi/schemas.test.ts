import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { getDocument, type Json } from './get-document.ts';

test('every schema compiles in a strict validator that knows JSON Schema and the registered formats', async (t) => {
  const { document } = await getDocument(t);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  for (const format of ['idn-email', 'date-time', 'uri']) ajv.addFormat(format, true);
  for (const keyword of ['discriminator', 'components']) ajv.addKeyword(keyword);
  const compile = (schema: Json) => ajv.compile({ ...schema, components: document.components });
  const found: Json[] = Object.values(document.components.schemas);
  const walk = (node: Json): void => {
    if (typeof node !== 'object' || node === null) return;
    if (typeof node.schema === 'object') found.push(node.schema);
    for (const child of Object.values(node)) walk(child);
  };
  walk(document.paths);
  walk(document.webhooks);
  walk(document.components.parameters);
  walk(document.components.headers);
  assert.ok(found.length > 100);
  for (const schema of found) {
    assert.doesNotThrow(() => compile(schema), JSON.stringify(schema));
  }
});
