import { app } from '../app/messages.en.ts';
import { record } from '../record/messages.en.ts';
import { start } from '../start/messages.en.ts';
import { tasks } from '../tasks/messages.en.ts';
import { transfer } from '../transfer/messages.en.ts';
import { ui } from '../ui/messages.en.ts';
import { users } from '../users/messages.en.ts';

/** English, the source of all translations. Each folder has its own texts. Those of operations are in `operations.en.ts`. */
export const messages = { app, record, start, tasks, transfer, ui, users };
