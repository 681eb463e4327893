import { useCallback, useState } from 'react';

export interface Selection {
  ids: readonly number[];
  /** Selects only these tasks. @param isAll whether they have all rows that are loaded. */
  select: (ids: readonly number[], isAll?: boolean) => void;
  /** The number of tasks that match, if all loaded rows were selected, but more match. */
  matching: number | undefined;
}

/**
 * The selected tasks.
 *
 * @param filters the filters of the list, as one text.
 * @param total how many tasks match them; undefined until it is known.
 */
export function useSelection(filters: string, total: number | undefined): Selection {
  const [{ ids, allOf }, setSelection] = useState<{ ids: readonly number[]; allOf?: string | undefined }>({ ids: [] });
  const select = useCallback<Selection['select']>(
    (next, isAll = false) =>
      setSelection((before) => ({
        ids: next,
        // Who leaves out a task does not want all.
        allOf: isAll ? filters : next.length > before.ids.length ? before.allOf : undefined,
      })),
    [filters],
  );
  return { ids, select, matching: allOf === filters && total !== undefined && total > ids.length ? total : undefined };
}
