import type { messages as en } from './en.ts';
import type { Message } from './message.ts';
import type { messages as operations } from './operations.en.ts';

type Messages = typeof en & typeof operations;

/** The key of a text: the folder and the name, such as `tasks.title`. */
export type Key = { [Folder in keyof Messages]: `${Folder}.${keyof Messages[Folder] & string}` }[keyof Messages];

export type Values = Record<string, string | number>;

/** The languages of the console, with their own names. The first is used if the reader's is not among them. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;

export type Language = keyof typeof LANGUAGES;

const STORAGE_KEY = 'console.language';

/** Translations are loaded when they are needed. */
const LOADERS: Record<Language, () => Promise<{ messages: object }>> = {
  en: () => import('./en.ts'),
  de: () => import('./de.ts'),
};

const OPERATIONS: typeof LOADERS = {
  en: () => import('./operations.en.ts'),
  de: () => import('./operations.de.ts'),
};

let messages: Record<string, Record<string, Message>> = {};
let plurals = new Intl.PluralRules('en');
let numbers = new Intl.NumberFormat('en');
let current: Language = 'en';
let locale = 'en';

/** Loads the texts in the reader's language. Must be complete before the first call of {@link t}. */
export async function loadMessages(): Promise<void> {
  const stored = localStorage.getItem(STORAGE_KEY);
  const wanted = [...(stored === null ? [] : [stored]), ...navigator.languages];
  const found = wanted.map((tag) => tag.split('-')[0] ?? '').find((language) => language in LANGUAGES);
  current = (found ?? 'en') as Language;
  // The region of the reader matters for dates, as in en-GB.
  locale = navigator.languages.find((tag) => tag.split('-')[0] === current) ?? current;
  const loaded = await LOADERS[current]();
  messages = { ...messages, ...(loaded.messages as typeof messages) };
  plurals = new Intl.PluralRules(locale);
  numbers = new Intl.NumberFormat(locale);
  document.documentElement.lang = current;
}

/** Loads the texts of the pages for operations, after {@link loadMessages} was called. Must be complete before they are shown. */
export async function loadOperationsMessages(): Promise<void> {
  const loaded = await OPERATIONS[current]();
  messages = { ...messages, ...(loaded.messages as typeof messages) };
}

/** Selects a language for this browser, and loads the page again. */
export function selectLanguage(language: Language): void {
  localStorage.setItem(STORAGE_KEY, language);
  location.reload();
}

export function currentLanguage(): Language {
  return current;
}

/** The language and region for dates and numbers. */
export function currentLocale(): string {
  return locale;
}

/**
 * The text of a key in the reader's language. `{name}` becomes the value; numbers are formatted. If the text has plural
 * forms, `count` selects one.
 */
export function t(key: Key, values: Values = {}): string {
  const [folder = '', name = ''] = key.split('.');
  const message = messages[folder]?.[name] ?? key;
  const text = typeof message === 'string' ? message : message[plurals.select(Number(values.count)) as 'other'];
  return (text ?? (message as { other: string }).other).replace(/\{(\w+)\}/g, (_, value: string) => {
    const one = values[value] ?? '';
    return typeof one === 'number' ? numbers.format(one) : one;
  });
}

/** A number as the reader writes it. */
export function formatNumber(value: number): string {
  return numbers.format(value);
}
