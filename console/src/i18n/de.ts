import { app } from '../app/messages.de.ts';
import { record } from '../record/messages.de.ts';
import { start } from '../start/messages.de.ts';
import { tasks } from '../tasks/messages.de.ts';
import { transfer } from '../transfer/messages.de.ts';
import { ui } from '../ui/messages.de.ts';
import { users } from '../users/messages.de.ts';
import type { messages as en } from './en.ts';
import type { Translation } from './message.ts';

/** German. */
export const messages = { app, record, start, tasks, transfer, ui, users } satisfies Translation<typeof en>;
