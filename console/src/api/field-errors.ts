import { ApiError } from '#client';
import type { FieldErrors } from '../ui/form-dialog.tsx';
import { problemText } from './problem-text.ts';
import { type BodyName, fieldSchema, validate } from './validate.ts';

/** The `details` of an error, by field. The first field has the whole sentence of the service. */
function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiError) || error.details.length === 0) return { form: (error as Error).message };
  return Object.fromEntries(
    error.details.map(({ field, reason }, index) => [field, index === 0 ? error.message : reason]),
  );
}

/** Does what a form is for. @returns what the service says if it rejects it. */
export async function errorsOf(action: () => Promise<unknown>): Promise<FieldErrors | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return fieldErrors(error);
  }
}

/** What is wrong with a body, by field, in the reader's language. @returns undefined if nothing is. */
export function invalidFields(name: BodyName, body: object): FieldErrors | undefined {
  const values: Readonly<Record<string, unknown>> = { ...body };
  const problems = validate(name, values);
  if (problems.length === 0) return undefined;
  return Object.fromEntries(
    problems.map((problem) => {
      const { field } = problem;
      return [field, problemText(problem, fieldSchema(name, field), values[field])];
    }),
  );
}
