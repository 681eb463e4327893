import { Type } from 'typebox';
import type { EmailConfirmation } from '../../domain/emails.ts';
import { JOHN } from '../../users/schema.ts';

const instant = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

/** Whether an address is confirmed, as responses show it. */
export const EmailConfirmationSchema = Type.Object(
  {
    contactEmail: Type.String({ description: 'The address' }),
    state: Type.Unsafe<EmailConfirmation['state']>({
      type: 'string',
      enum: ['confirmed', 'pending', 'unconfirmed'],
      description:
        '`pending` while a link is good or about to be sent; `unconfirmed` where none was sent, or the last has expired',
    }),
    sentAt: instant('When the last link was sent. Left out where none was'),
    confirmedAt: instant('When it was confirmed. Left out while it is not'),
    expiresAt: instant(
      'Until when the last link is good, or was. Left out where there is none, and once it is confirmed',
    ),
  },
  {
    title: 'EmailConfirmation',
    examples: [
      {
        contactEmail: JOHN.contactEmail,
        state: 'pending',
        sentAt: '2026-06-30T15:21:08.105Z',
        expiresAt: '2026-07-01T15:21:07.950Z',
      },
    ],
  },
);
