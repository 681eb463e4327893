import type { Operation } from '../../http/resource/operation.ts';
import { tags } from '../../users/operations.ts';

export const getEmailConfirmation: Operation = {
  operationId: 'getEmailConfirmation',
  tags,
  summary: 'Tell whether an address is confirmed',
  description:
    'Tells whether the user’s `contactEmail` is confirmed. When it changes, the new one has to be confirmed anew. There only ' +
    'where the operator has set `CONFIRM_EMAIL` to `true`.',
};

export const requestEmailConfirmation: Operation = {
  operationId: 'requestEmailConfirmation',
  tags,
  summary: 'Send the link to confirm an address again',
  description:
    'Sends the user another mail with a link that confirms `contactEmail`, unless it is confirmed already. Once a minute, and ' +
    'five times within 24 hours, the mails that were sent of themselves included: beyond that the answer is 429.',
};
