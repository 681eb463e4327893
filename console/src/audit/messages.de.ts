import type { Translation } from '../i18n/message.ts';
import type { audit as en } from './messages.en.ts';

export const audit = {
  title: 'Protokoll',
} satisfies Translation<typeof en>;
