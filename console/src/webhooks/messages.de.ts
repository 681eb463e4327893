import type { Translation } from '../i18n/message.ts';
import type { webhooks as en } from './messages.en.ts';

export const webhooks = {
  title: 'Webhooks',
} satisfies Translation<typeof en>;
