import { createStore } from '../api/store.ts';

export type Theme = 'system' | 'light' | 'dark';

const STORAGE_KEY = 'console.theme';

export const theme = createStore<Theme>((localStorage.getItem(STORAGE_KEY) as Theme | null) ?? 'system');

/** Selects the theme for this browser. */
export function selectTheme(selected: Theme): void {
  localStorage.setItem(STORAGE_KEY, selected);
  theme.set(selected);
  applyTheme();
}

/** Shows the selected theme. Must be called before the first paint of the application. */
export function applyTheme(): void {
  const { dataset } = document.documentElement;
  if (theme.get() === 'system') delete dataset.theme;
  else dataset.theme = theme.get();
}
