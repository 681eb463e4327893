import type { Translation } from '../i18n/message.ts';
import type { health as en } from './messages.en.ts';

export const health = {
  title: 'Zustand',
} satisfies Translation<typeof en>;
