import { ApiError } from '#client';
import type { FieldErrors } from '../ui/form-dialog.tsx';
import { type BodyName, validate } from './validate.ts';

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

/** What is wrong with a body, by field. @returns undefined if nothing is. */
export function invalidFields(name: BodyName, body: object): FieldErrors | undefined {
  const problems = validate(name, { ...body });
  return problems.length === 0 ? undefined : Object.fromEntries(problems.map(({ field, message }) => [field, message]));
}
