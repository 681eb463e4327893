import { audit } from '../audit/messages.en.ts';
import { events } from '../events/messages.en.ts';
import { health } from '../health/messages.en.ts';
import { tokens } from '../tokens/messages.en.ts';
import { webhooks } from '../webhooks/messages.en.ts';

/** The texts of the pages for operations in English, loaded with the first of these pages. */
export const messages = { audit, events, health, tokens, webhooks };
