import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskApi } from '../../client/src/index.ts';
import type { ImportedResource } from '../transfer/records.ts';

/** Several changes in quick succession are shown at once. */
const QUIET_MS = 100;

/** Moves to the top left and clears the screen. */
const CLEAR = '\x1b[H\x1b[2J';

/** Draws, and draws again after each change of a user or task of the kind, until the process is stopped. */
export async function redraw(api: TaskApi, resource: ImportedResource, draw: () => Promise<void>): Promise<void> {
  const prefix = `${resource.slice(0, -1)}.`;
  const after = await api.events.last();
  const show = async () => {
    if (process.stdout.isTTY) process.stdout.write(CLEAR);
    await draw();
  };
  let drawn = show();
  await drawn;
  const failed = new AbortController();
  let scheduled = false;
  for await (const { type } of api.events.follow({ after, signal: failed.signal })) {
    // The tasks of a deleted user have no events of their own.
    if (scheduled || !(type.startsWith(prefix) || type === 'user.deleted')) continue;
    scheduled = true;
    drawn = drawn
      .then(() => sleep(QUIET_MS))
      .then(() => {
        // A change during the drawing is drawn next.
        scheduled = false;
        return show();
      })
      .catch((error) => failed.abort(error));
  }
  failed.signal.throwIfAborted();
}
