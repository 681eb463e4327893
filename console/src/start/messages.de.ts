import type { Translation } from '../i18n/message.ts';
import type { start as en } from './messages.en.ts';

export const start = {
  title: 'Start',
} satisfies Translation<typeof en>;
