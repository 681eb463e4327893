import type { Operation } from '../../http/resource/operation.ts';
import { tags } from '../../users/operations.ts';

export const getEmailConfirmation: Operation = {
  operationId: 'getEmailConfirmation',
  tags,
  summary: 'Get the confirmation state of an address',
  description:
    'Returns whether the `contactEmail` of the user is confirmed. A new address must be confirmed again. Available only if ' +
    'the operator has set `CONFIRM_EMAIL` to `true`.',
};

export const requestEmailConfirmation: Operation = {
  operationId: 'requestEmailConfirmation',
  tags,
  summary: 'Resend the confirmation email',
  description:
    'Sends the user an email with a link that confirms `contactEmail`, unless it is confirmed already. Limited to one email a ' +
    'minute and five within 24 hours, including those sent automatically. The response is 429 beyond that.',
};
