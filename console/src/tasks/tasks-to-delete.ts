import { createStore } from '../api/store.ts';

/**
 * Tasks that will be deleted when the time to undo it has passed. A deletion itself cannot be undone: a new task would have
 * another ID and no history.
 */
export const tasksToDelete = createStore<ReadonlySet<number>>(new Set());
