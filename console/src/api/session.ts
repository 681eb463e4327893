import type { Caller, Scope } from '#client';
import { createStore, useStore } from './store.ts';

/** Who is signed in. */
export interface Session {
  token: string;
  caller: Caller;
}

const STORAGE_KEY = 'console.token';

/** Undefined if no one is signed in. */
export const session = createStore<Session | undefined>(undefined);

/** Whether the service has rejected the token of the session, for example because it was revoked. */
export const sessionEnded = createStore(false);

/** The token in the storage of this tab, or that of development mode; undefined without either. */
export function storedToken(): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="development-token"]');
  return sessionStorage.getItem(STORAGE_KEY) ?? meta?.content;
}

/** @param keep whether the token stays in the storage of this tab. */
export function startSession(token: string, caller: Caller, keep: boolean): void {
  if (keep) sessionStorage.setItem(STORAGE_KEY, token);
  sessionEnded.set(false);
  session.set({ token, caller });
}

/** Signs out. The page is loaded again, so that nothing of the session stays in memory. */
export function endSession(): void {
  sessionStorage.setItem(STORAGE_KEY, '');
  location.reload();
}

/** Whether the token of the session may do this. `admin` includes all scopes. */
export function hasScopes(scopes: readonly Scope[]): boolean {
  const held = session.get()?.caller.scopes ?? [];
  return held.includes('admin') || scopes.every((scope) => held.includes(scope));
}

/** The session. Only for components that are shown after the sign-in. */
export function useSession(): Session {
  const current = useStore(session);
  if (current === undefined) throw new Error('no session');
  return current;
}
