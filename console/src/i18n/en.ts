import { app } from '../app/messages.en.ts';
import { audit } from '../audit/messages.en.ts';
import { events } from '../events/messages.en.ts';
import { health } from '../health/messages.en.ts';
import { record } from '../record/messages.en.ts';
import { start } from '../start/messages.en.ts';
import { tasks } from '../tasks/messages.en.ts';
import { tokens } from '../tokens/messages.en.ts';
import { transfer } from '../transfer/messages.en.ts';
import { ui } from '../ui/messages.en.ts';
import { users } from '../users/messages.en.ts';
import { webhooks } from '../webhooks/messages.en.ts';

/** English, the source of all translations. Each folder has its own texts. */
export const messages = { app, audit, events, health, record, start, tasks, tokens, transfer, ui, users, webhooks };
