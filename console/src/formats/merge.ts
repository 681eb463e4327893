import { isSameValue } from './records.ts';

/** A field that was changed since the version on which an edit is based. */
export interface MergedField {
  field: string;
  base: unknown;
  mine: unknown;
  theirs: unknown;
  /** Who changed it; `conflict` if both did, to different values. */
  changed: 'mine' | 'theirs' | 'both' | 'conflict';
}

/** A side of a field in conflict. */
export type Side = 'mine' | 'theirs';

type Values = Readonly<Record<string, unknown>>;

/**
 * Compares an edit with the changes of another client. Fields that no one changed are left out. A missing value and null are
 * the same.
 *
 * @param base the version that was edited.
 * @param mine the fields as edited; others are those of the base.
 * @param theirs the current version.
 */
export function mergeFields(fields: readonly string[], base: Values, mine: Values, theirs: Values): MergedField[] {
  return fields.flatMap((field) => {
    const values = {
      base: base[field] ?? null,
      mine: (field in mine ? mine : base)[field] ?? null,
      theirs: theirs[field] ?? null,
    };
    const byMe = !isSameValue(values.base, values.mine);
    const byThem = !isSameValue(values.base, values.theirs);
    if (!byMe && !byThem) return [];
    const both = isSameValue(values.mine, values.theirs) ? 'both' : 'conflict';
    return [{ field, ...values, changed: byMe && byThem ? both : byMe ? 'mine' : 'theirs' }];
  });
}

/** The result of a field: a change of one side is kept; `choices` decides conflicts. Undefined if there is no choice yet. */
export function sideOf({ field, changed }: MergedField, choices: Readonly<Record<string, Side>>): Side | undefined {
  const chosen = choices[field];
  if (chosen !== undefined) return chosen;
  if (changed === 'conflict') return undefined;
  return changed === 'mine' ? 'mine' : 'theirs';
}

/** The changes to send so that the current version becomes the result; undefined while a conflict has no choice. */
export function changesToSend(
  merged: readonly MergedField[],
  choices: Readonly<Record<string, Side>>,
): Record<string, unknown> | undefined {
  const changes: Record<string, unknown> = {};
  for (const field of merged) {
    const side = sideOf(field, choices);
    if (side === undefined) return undefined;
    if (side === 'mine' && !isSameValue(field.mine, field.theirs)) changes[field.field] = field.mine;
  }
  return changes;
}

/** The fields of an edit that differ from the base, for the first attempt to save it. */
export function changedFields(fields: readonly string[], base: Values, mine: Values): Record<string, unknown> {
  const changed = fields.filter((field) => field in mine && !isSameValue(base[field] ?? null, mine[field] ?? null));
  return Object.fromEntries(changed.map((field) => [field, mine[field] ?? null]));
}
