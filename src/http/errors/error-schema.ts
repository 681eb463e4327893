import { Type } from '../../type.ts';
import { type ErrorDetail, MAX_DETAILS } from './api-error.ts';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

const ErrorDetailSchema = Type.Object(
  {
    field: Type.String({ description: 'The field, parameter or header; `body` for the body as a whole' }),
    reason: Type.String({ description: 'What is wrong with it, such as `Is required` or `String too long`' }),
    location: Type.Unsafe<ErrorDetail['location']>({
      type: 'string',
      enum: ['body', 'query', 'path', 'header'],
      description: 'Where the field is',
    }),
  },
  { title: 'ErrorDetail' },
);

/** The body of every error response. */
export const ErrorSchema = Type.Object(
  {
    code: Type.Unsafe<ErrorCode>({
      type: 'string',
      enum: [...ERROR_CODES],
      description: 'The kind of error, for programs: it does not change',
    }),
    message: Type.String({ description: 'What went wrong, for people: it may change' }),
    details: Type.Optional(
      Type.Array(ErrorDetailSchema, {
        maxItems: MAX_DETAILS,
        description: 'Every error in the request, at most the first 100; with status 400 only',
      }),
    ),
    requestId: Type.String({
      pattern: '^req-[0-9a-f-]{36}$',
      description: 'The same as in `X-Request-Id`. Include it when you ask for help',
    }),
  },
  { title: 'Error' },
);
