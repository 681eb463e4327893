import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type as TypeBox } from 'typebox';
import { Type } from '../src/type.ts';

/** Everything that the program makes, with either of the two. */
function makeSchemas(type: typeof Type) {
  const text = type.String({ maxLength: 3 });
  const nullable = type.Unsafe<string | null>({ type: ['string', 'null'], enum: ['a', null] });
  const object = type.Object(
    {
      text,
      number: type.Optional(type.Integer({ minimum: 1, description: 'A number.' })),
      flags: type.Array(type.Boolean(), { minItems: 1 }),
      literal: type.Literal('ok'),
      nullable: type.Optional(type.Optional(nullable)),
    },
    { additionalProperties: false, title: 'Thing' },
  );
  const { number } = object.properties;
  return {
    object,
    partial: type.Partial(object, { title: 'Changes', minProperties: 1 }),
    again: type.Object({ number, text: type.Optional(text) }),
    // Not changed by what was made of them.
    text,
    nullable,
    kinds: [text, number, type.Array(text), nullable, type.Boolean()].map((schema) => [
      type.IsArray(schema),
      type.IsBoolean(schema),
      type.IsInteger(schema),
    ]),
  };
}

test('the schemas are those of TypeBox, with their keys in the same order', () => {
  assert.equal(JSON.stringify(makeSchemas(Type)), JSON.stringify(makeSchemas(TypeBox)));
});
