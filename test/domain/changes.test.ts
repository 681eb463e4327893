import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, idsOf, resourceOf } from '../../src/domain/changes.ts';

const CREATED: Change = {
  ...{ sequence: 1, type: 'user.created', at: 0, actor: '1', traceparent: null },
  ...{ userId: null, taskId: null, tokenId: null, before: null, after: null },
};

test('the ids of an entry are those of its task and owner, or of its user', () => {
  assert.deepEqual(idsOf({ ...CREATED, userId: 2 }), { userId: 2 });
  assert.deepEqual(idsOf({ ...CREATED, type: 'task.deleted', userId: 2, taskId: 3 }), { taskId: 3, userId: 2 });
});

test('the id of a resource without an owner is read from its values, also after its deletion', () => {
  const webhook = { webhookId: 4, url: 'https://example.com/' };
  assert.deepEqual(idsOf({ ...CREATED, type: 'webhook.created', after: webhook }), { webhookId: 4 });
  const changed = { before: { url: 'https://example.org/' }, after: webhook };
  assert.deepEqual(idsOf({ ...CREATED, type: 'webhook.updated', ...changed }), { webhookId: 4 });
  assert.deepEqual(idsOf({ ...CREATED, type: 'webhook.deleted', before: webhook }), { webhookId: 4 });
  assert.equal(resourceOf({ type: 'webhook.deleted' }), 'webhook');
});
