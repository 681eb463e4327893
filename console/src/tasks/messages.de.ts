import type { Translation } from '../i18n/message.ts';
import type { tasks as en } from './messages.en.ts';

export const tasks = {
  title: 'Aufgaben',
} satisfies Translation<typeof en>;
