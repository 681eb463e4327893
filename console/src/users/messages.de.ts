import type { Translation } from '../i18n/message.ts';
import type { users as en } from './messages.en.ts';

export const users = {
  title: 'Benutzer',
} satisfies Translation<typeof en>;
