/**
 * Writes `console/src/api/schemas.json`: what the console validates before it sends a request. Run by `npm run
 * client:types`. `test/console/validate.test.ts` fails if the file is out of date.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NewTaskSchema, TaskChangesSchema } from '../src/tasks/schema.ts';
import { NewTokenSchema } from '../src/tokens/schema.ts';
import { NewUserSchema, UserChangesSchema } from '../src/users/schema.ts';
import { NewWebhookSchema, WebhookChangesSchema } from '../src/webhooks/schema.ts';

const TARGET = join(import.meta.dirname, '../console/src/api/schemas.json');

const SCHEMAS = [
  ...[NewUserSchema, UserChangesSchema, NewTaskSchema, TaskChangesSchema],
  ...[NewTokenSchema, NewWebhookSchema, WebhookChangesSchema],
];

/** Keywords that only inform. */
const ANNOTATIONS = ['description', 'examples', 'title'];

/** The text of the file: each schema by its title. */
export function renderConsoleSchemas(): string {
  // A field can have the name of an annotation. Its value is then a schema.
  const withoutAnnotations = (name: string, value: unknown) =>
    ANNOTATIONS.includes(name) && (typeof value === 'string' || Array.isArray(value)) ? undefined : value;
  const byTitle = Object.fromEntries(SCHEMAS.map((schema) => [(schema as { title?: string }).title, schema]));
  return `${JSON.stringify(byTitle, withoutAnnotations, 2)}\n`;
}

if (import.meta.main) writeFileSync(TARGET, renderConsoleSchemas());
