import { useSyncExternalStore } from 'react';
import { lazyPart } from './lazy-part.tsx';

export interface ToastOptions {
  title: string;
  description?: string | undefined;
  /** An error is announced at once, and stays until it is closed. */
  isError?: boolean;
  action?: { label: string; run: () => void };
  /** How long it is shown. Not while the pointer or the focus is on it. */
  timeoutMs?: number;
}

/** A message that is to be shown. */
export interface ToastRequest extends ToastOptions {
  /** Closes it, once it is shown. */
  closer: { close?: () => void };
}

/** The messages that wait for the area that shows them, which is loaded with the first. */
export const toastRequests = new (class {
  #waiting: ToastRequest[] = [];
  #show: ((request: ToastRequest) => void) | undefined;
  #listeners = new Set<() => void>();

  /** Whether there has been a message. */
  isUsed = false;

  add(request: ToastRequest): void {
    this.isUsed = true;
    if (this.#show === undefined) this.#waiting.push(request);
    else this.#show(request);
    for (const listener of this.#listeners) listener();
  }

  follow(show: (request: ToastRequest) => void): () => void {
    this.#show = show;
    for (const request of this.#waiting.splice(0)) show(request);
    return () => {
      this.#show = undefined;
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
})();

/** Shows a message in the corner. Returns a function that closes it. */
export function showToast(options: ToastOptions): () => void {
  const closer: ToastRequest['closer'] = {};
  toastRequests.add({ ...options, closer });
  return () => closer.close?.();
}

const MessageArea = lazyPart(() => import('./toaster.tsx').then((module) => module.MessageArea));

/** Where messages appear. Once, in the frame. */
export function Toaster() {
  const isUsed = useSyncExternalStore(toastRequests.subscribe, () => toastRequests.isUsed);
  return isUsed ? <MessageArea /> : null;
}
