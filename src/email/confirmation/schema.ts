import type { EmailConfirmation } from '../../domain/emails.ts';
import { Type } from '../../type.ts';
import { JOHN } from '../../users/schema.ts';

const instant = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

/** The confirmation state of an address in responses. */
export const EmailConfirmationSchema = Type.Object(
  {
    contactEmail: Type.String({ description: 'The address' }),
    state: Type.Unsafe<EmailConfirmation['state']>({
      type: 'string',
      enum: ['confirmed', 'pending', 'unconfirmed'],
      description:
        '`pending` while a link is valid or about to be sent; `unconfirmed` if none was sent or the last has expired',
    }),
    sentAt: instant('When the last link was sent. Omitted if none was'),
    confirmedAt: instant('When the address was confirmed. Omitted if it is not'),
    expiresAt: instant('When the last link expires or expired. Omitted if there is none or the address is confirmed'),
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
