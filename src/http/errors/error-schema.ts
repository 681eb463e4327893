import { Type } from 'typebox';
import { type ErrorDetail, MAX_DETAILS } from './api-error.ts';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

const ErrorDetailSchema = Type.Object(
  {
    field: Type.String({ description: 'The field, parameter or header; `body` for the body as a whole' }),
    reason: Type.String({ description: 'What is wrong with it, as `Is required` or `String too long`' }),
    location: Type.Unsafe<ErrorDetail['location']>({
      type: 'string',
      enum: ['body', 'query', 'path', 'header'],
      description: 'Where it is',
    }),
  },
  { title: 'ErrorDetail' },
);

/** The body of every error answer (contract, section 4). */
export const ErrorSchema = Type.Object(
  {
    code: Type.Unsafe<ErrorCode>({
      type: 'string',
      enum: [...ERROR_CODES],
      description: 'What kind of error it is, for programs: it does not change',
    }),
    message: Type.String({ description: 'What went wrong, for people' }),
    details: Type.Optional(
      Type.Array(ErrorDetailSchema, {
        maxItems: MAX_DETAILS,
        description: 'Every error in the request, of more than 100 the first; with status 400 only',
      }),
    ),
    requestId: Type.String({
      pattern: '^req-[0-9a-f-]{36}$',
      description: 'The same as in `X-Request-Id`: name it when you ask for help',
    }),
  },
  { title: 'Error' },
);
