import type { Translation } from '../i18n/message.ts';
import type { events as en } from './messages.en.ts';

export const events = {
  title: 'Ereignisse',
} satisfies Translation<typeof en>;
