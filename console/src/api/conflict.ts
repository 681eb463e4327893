import { type Conflict, openConflict } from './questions.ts';

/** Asks which side to take. Undefined if the change is dropped. */
export function askConflict(conflict: Omit<Conflict, 'resolve'>): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve) => {
    openConflict.set({
      ...conflict,
      resolve: (changes) => {
        openConflict.set(undefined);
        resolve(changes);
      },
    });
  });
}
