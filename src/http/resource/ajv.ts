import type { FastifyServerOptions } from 'fastify';
import { isDateTime } from '../../formats/date-time.ts';
import { isEmailAddress } from '../../formats/email-address.ts';
import { isWebhookUrl } from '../../formats/webhook-url.ts';
import { ITEMS_KEYWORD, READ_ONLY_KEYWORD, SORT_FIELDS_KEYWORD } from '../keywords.ts';
import { isSearch } from './search.ts';

/** How requests are validated against schemas. */
export const AJV_OPTIONS = {
  customOptions: {
    // Report every error, and validate values as they were sent.
    allErrors: true,
    verbose: true,
    coerceTypes: false,
    useDefaults: false,
    removeAdditional: false,
    allowUnionTypes: true,
  },
  // Replaces formats that Fastify has added.
  onCreate: (ajv) =>
    ajv
      .addFormat('idn-email', isEmailAddress)
      .addFormat('date-time', isDateTime)
      .addFormat('uri', isWebhookUrl)
      // Validated by cursorRule.
      .addFormat('cursor', true)
      .addFormat('search', isSearch)
      .addKeyword(SORT_FIELDS_KEYWORD)
      .addKeyword(ITEMS_KEYWORD)
      .removeKeyword('readOnly')
      .addKeyword(READ_ONLY_KEYWORD),
} satisfies FastifyServerOptions['ajv'];
