import { createStore } from '../api/store.ts';

/** Which of the overlays of the frame is open. */
export const overlay = createStore<'palette' | 'keys' | undefined>(undefined);
