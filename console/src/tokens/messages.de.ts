import type { Translation } from '../i18n/message.ts';
import type { tokens as en } from './messages.en.ts';

export const tokens = {
  title: 'Tokens',
} satisfies Translation<typeof en>;
