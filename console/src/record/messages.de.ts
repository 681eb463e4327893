import type { Translation } from '../i18n/message.ts';
import type { record as en } from './messages.en.ts';

export const record = {
  title: 'Eintrag',
} satisfies Translation<typeof en>;
