import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isDateTime } from '../../src/formats/date-time.ts';
import { isEmailAddress } from '../../src/formats/email-address.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { sendingApp } from '../webhooks/sending.ts';
import type { Json } from './get-document.ts';

const DIFFERENT = { responsesDiffer: 'the receiver is on a port of its own' };

const DAY = 24 * 60 * 60 * 1000;

/** Compiles schemas of a document, where no object may have properties that the schema does not name. */
function compiler(document: Json): (reference: string) => ValidateFunction {
  const strict = JSON.parse(JSON.stringify(document), (_, value) =>
    value?.type === 'object' ? { additionalProperties: false, ...value } : value,
  );
  const ajv = new Ajv2020({ strict: false, discriminator: false });
  ajv.addFormat('idn-email', isEmailAddress).addFormat('date-time', isDateTime).addFormat('uri', true);
  ajv.addSchema(strict, 'document');
  return (reference) => ajv.getSchema(`document${reference}`) as ValidateFunction;
}

testOnBothDatabases(
  'events of every type are of the one schema that the discriminator names, in lists and in deliveries',
  DIFFERENT,
  async (t) => {
    const { post, patch, request, store, clock, hook, sendAll, app } = await sendingApp(t);
    const document: Json = (await app.inject({ url: '/openapi.json' })).json();
    const { discriminator, oneOf } = document.components.schemas.Event;
    const types = Object.keys(discriminator.mapping);
    assert.equal(discriminator.propertyName, 'type');
    assert.deepEqual(
      oneOf.map(({ $ref }: Json) => $ref),
      Object.values(discriminator.mapping),
    );
    assert.deepEqual(document.components.schemas.NewWebhook.properties.events.items.enum, types);

    const receiver = await startReceiver(t);
    await hook(receiver.url, types);
    const { userId } = (await post('/users', JOHN)).json();
    const add = async (dueDate: string) => {
      const task = { ...REPORT, userId, dueDate, warningOffset: 0, taskDescription: 'Two pages' };
      return (await post('/tasks', task)).json().taskId;
    };
    const taskId = await add(new Date(clock.now + DAY).toISOString());
    await add(new Date(clock.now + 2 * DAY).toISOString());
    await patch(`/users/${userId}`, { firstName: 'Jim' });
    await patch(`/tasks/${taskId}`, { taskTitle: 'Other', taskDescription: null });
    clock.now += DAY;
    await store.tasks.recordReminders();
    // So long after its time, the other reminder is late.
    clock.now += DAY + DAY / 24;
    await store.tasks.recordReminders();
    await patch(`/tasks/${taskId}`, { taskStatus: 'COMPLETED' });
    await request({ method: 'DELETE', url: `/tasks/${taskId}` });
    await sendAll();

    const validate = compiler(document);
    const check = (event: Json) => {
      const of = (reference: string) => {
        const isValid = validate(reference);
        return isValid(event) ? undefined : JSON.stringify({ event, errors: isValid.errors });
      };
      assert.equal(of('#/components/schemas/Event'), undefined);
      assert.equal(of(discriminator.mapping[event.type]), undefined);
      for (const [type, reference] of Object.entries<string>(discriminator.mapping)) {
        if (type !== event.type) assert.notEqual(of(reference), undefined, `${event.type} is a ${type} as well`);
      }
    };

    const list = async () => (await request({ url: '/events' })).json().events as Json[];
    const before = await list();
    for (const event of before) check(event);
    assert.equal(before.filter(({ data }) => data.late === true).length, 1);
    assert.ok(receiver.received.length >= before.length);
    for (const { event } of receiver.received) check(event);

    await request({ method: 'DELETE', url: `/users/${userId}` });
    const after = await list();
    for (const event of after) check(event);
    assert.deepEqual(new Set(after.map(({ type }) => type)), new Set(types));
    // Of a deleted user the ids alone are left.
    assert.deepEqual(after[0].data, { userId });

    // What belongs to another type is not accepted.
    const isEvent = validate('#/components/schemas/Event');
    const [created] = before;
    assert.ok(!isEvent({ ...created, type: 'task.created' }));
    assert.ok(!isEvent({ ...created, type: 'user.renamed' }));
    assert.ok(!isEvent({ ...created, data: { userId, firstName: 'Jim' } }));
  },
);

testOnBothDatabases(
  'a delivery is as the webhooks of the document say: headers, body and media type',
  DIFFERENT,
  async (t) => {
    const { post, hook, sendAll, app } = await sendingApp(t);
    const document: Json = (await app.inject({ url: '/openapi.json' })).json();
    const receiver = await startReceiver(t);
    await hook(receiver.url);
    await post('/users', JOHN);
    await sendAll();
    const [delivery] = receiver.received;
    const { parameters, requestBody, responses } = document.webhooks.event.post;
    const documented = parameters.map(({ name }: Json) => name);
    const sent = Object.keys(delivery?.headers ?? {}).filter((name) => name.startsWith('webhook-'));
    assert.deepEqual(sent.toSorted(), documented.toSorted());
    assert.deepEqual(Object.keys(requestBody.content), [delivery?.headers['content-type']]);
    assert.deepEqual(requestBody.content['application/json'].schema, { $ref: '#/components/schemas/Event' });
    assert.deepEqual(Object.keys(responses), ['410', '2XX', 'default']);
  },
);

testOnBothDatabases('GET /events is documented with its event stream', async (t) => {
  const { app } = await sendingApp(t);
  const { paths, components }: Json = (await app.inject({ url: '/openapi.json' })).json();
  const { responses, parameters } = paths['/events'].get;
  assert.deepEqual(Object.keys(responses[200].content), ['application/json', 'text/event-stream']);
  assert.ok(parameters.some(({ $ref }: Json) => $ref === '#/components/parameters/Last-Event-ID'));
  // What is sent in it must match: nothing is stricter than the service.
  const { pattern } = components.parameters['Last-Event-ID'].schema;
  for (const id of ['', '0', '42', '999999999999999']) assert.match(id, new RegExp(pattern));
  for (const id of ['x', '01', '-1', '1000000000000000']) assert.doesNotMatch(id, new RegExp(pattern));
});
