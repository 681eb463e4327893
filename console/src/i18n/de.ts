import { app } from '../app/messages.de.ts';
import { audit } from '../audit/messages.de.ts';
import { events } from '../events/messages.de.ts';
import { health } from '../health/messages.de.ts';
import { record } from '../record/messages.de.ts';
import { start } from '../start/messages.de.ts';
import { tasks } from '../tasks/messages.de.ts';
import { tokens } from '../tokens/messages.de.ts';
import { transfer } from '../transfer/messages.de.ts';
import { ui } from '../ui/messages.de.ts';
import { users } from '../users/messages.de.ts';
import { webhooks } from '../webhooks/messages.de.ts';
import type { messages as en } from './en.ts';
import type { Translation } from './message.ts';

/** German. */
export const messages = {
  app,
  audit,
  events,
  health,
  record,
  start,
  tasks,
  tokens,
  transfer,
  ui,
  users,
  webhooks,
} satisfies Translation<typeof en>;
