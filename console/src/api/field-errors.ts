import { ApiError } from '#client';

/** What the service says about each field of a form, and about none of them under `form`. */
export type FieldErrors = Record<string, string>;

/** The `details` of an error, by field. The first field has the whole sentence of the service. */
export function fieldErrors(error: unknown): FieldErrors {
  if (!(error instanceof ApiError) || error.details.length === 0) return { form: (error as Error).message };
  return Object.fromEntries(
    error.details.map(({ field, reason }, index) => [field, index === 0 ? error.message : reason]),
  );
}
