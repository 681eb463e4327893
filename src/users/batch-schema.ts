import { batchBody, itemResults } from '../http/resource/batch.ts';
import { Type } from '../type.ts';
import { JOHN, NewUserSchema, SAVED_JOHN, UserSchema } from './schema.ts';

export const NewUserBatchSchema = batchBody('users', NewUserSchema, {
  title: 'NewUserBatch',
  examples: [{ users: [JOHN] }],
});

/** The response to a lenient batch. */
export const UserResultsSchema = Type.Object(
  { results: itemResults({ user: UserSchema }, 201, 'UserResult') },
  { title: 'UserResults', examples: [{ results: [{ status: 201, user: SAVED_JOHN }] }] },
);
