import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef } from 'react';

/** How a value is written in the URL. */
export interface UrlValue<T> {
  /** Undefined if the parameter is missing or invalid: then the value is the default. */
  parse: (text: string | undefined) => T;
  /** Undefined if the value is the default, so that the URL stays short. */
  print: (value: T) => string | undefined;
}

/** A text; empty by default. */
export function text(fallback = ''): UrlValue<string> {
  return { parse: (value) => value ?? fallback, print: (value) => (value === fallback ? undefined : value) };
}

/** One of these; the first by default. */
export function oneOf<T extends string>(...values: readonly [T, ...T[]]): UrlValue<T> {
  const [fallback] = values;
  return {
    parse: (value) => values.find((one) => one === value) ?? fallback,
    print: (value) => (value === fallback ? undefined : value),
  };
}

/** Several of these, separated by commas; none by default. */
export function someOf<T extends string>(values: readonly T[]): UrlValue<readonly T[]> {
  return {
    parse: (value) => values.filter((one) => value?.split(',').includes(one)),
    print: (list) => (list.length === 0 ? undefined : list.join(',')),
  };
}

/** The ID of a record; none by default. */
export const recordId: UrlValue<number | undefined> = {
  parse: (value) => (/^[1-9]\d{0,15}$/.test(value ?? '') ? Number(value) : undefined),
  print: (id) => (id === undefined ? undefined : String(id)),
};

/** The IDs of records, separated by commas; at most 100 are written, so that the URL stays valid everywhere. */
export const recordIds: UrlValue<readonly number[]> = {
  parse: (value) => (value ?? '').split(',').flatMap((one) => recordId.parse(one) ?? []),
  print: (ids) => (ids.length === 0 || ids.length > 100 ? undefined : ids.join(',')),
};

type State<Shape> = { [Name in keyof Shape]: Shape[Name] extends UrlValue<infer T> ? T : never };

interface ChangeOptions {
  /** Whether "back" leads over this change. Not for typing. */
  replace?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: each value has its own type, which State infers
type Values = Record<string, UrlValue<any>>;

/**
 * State that is in the query of the URL, so that reload, back and sharing work. `shape` must be the same object in each
 * call: a constant outside of the component.
 *
 * @example const [state, setState] = useUrlState({ view: oneOf('table', 'board'), search: text() });
 */
export function useUrlState<Shape extends Values>(
  shape: Shape,
): [State<Shape>, (changes: Partial<State<Shape>>, options?: ChangeOptions) => void] {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const state = useMemo(() => {
    const entries = Object.entries(shape) as [string, UrlValue<unknown>][];
    return Object.fromEntries(entries.map(([name, value]) => [name, value.parse(search[name])])) as State<Shape>;
  }, [search, shape]);
  const latest = useRef(navigate);
  latest.current = navigate;
  const setState = useCallback(
    (changes: Partial<State<Shape>>, { replace = false }: ChangeOptions = {}) => {
      const printed = Object.fromEntries(
        Object.entries(changes).map(([name, value]) => [name, (shape[name] as UrlValue<unknown>).print(value)]),
      );
      void latest.current({
        to: '.',
        search: (previous: Record<string, unknown>) => ({ ...previous, ...printed }),
        replace,
        resetScroll: false,
      } as never);
    },
    [shape],
  );
  return [state, setState];
}
