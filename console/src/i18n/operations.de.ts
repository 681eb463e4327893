import { audit } from '../audit/messages.de.ts';
import { events } from '../events/messages.de.ts';
import { health } from '../health/messages.de.ts';
import { tokens } from '../tokens/messages.de.ts';
import { webhooks } from '../webhooks/messages.de.ts';
import type { Translation } from './message.ts';
import type { messages as en } from './operations.en.ts';

/** The texts of the pages for operations in German. */
export const messages = { audit, events, health, tokens, webhooks } satisfies Translation<typeof en>;
