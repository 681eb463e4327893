import type { ApiEvent } from '../../client/src/index.ts';
import { connect, type ServiceOptions, withService } from './service.ts';

export interface FollowOptions extends ServiceOptions {
  /** The `sequence` after which events start. */
  after?: number;
  json: boolean;
}

/** `events follow`: a sentence for each event on a terminal, a line of JSON elsewhere. Ends with the process. */
export async function followEvents(options: FollowOptions): Promise<void> {
  await withService(options, async () => {
    for await (const event of connect(options).events.follow({ after: options.after })) {
      const line = process.stdout.isTTY && !options.json ? describe(event) : JSON.stringify(event);
      process.stdout.write(`${line}\n`);
    }
  });
}

function describe({ sequence, timestamp, type, data }: ApiEvent): string {
  const { taskId, userId } = data as { taskId?: number; userId: number };
  const what = taskId === undefined ? `user ${userId}` : `task ${taskId} of user ${userId}`;
  return `${sequence}  ${timestamp}  ${type}  ${what}`;
}
