import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import type { Store } from '../domain/store.ts';
import type { NewUser } from '../domain/users.ts';
import { alreadyInUse, notFound } from '../http/errors/api-error.ts';
import { MAX_BATCH_BODY_BYTES } from '../http/json-body.ts';
import {
  batchCreationOptions,
  batchResults,
  createdItems,
  isLenient,
  readBatch,
  sendBatch,
  validInputs,
} from '../http/resource/batch.ts';
import { createUsers } from './batch-operations.ts';
import { NewUserBatchSchema, UserResultsSchema } from './batch-schema.ts';
import { toNewUser } from './input.ts';
import { NewUserSchema, UserListSchema } from './schema.ts';

/** `/users/batch` */
export const userBatchRoutes: FastifyPluginAsyncTypebox<{ store: Store }> = async (app, { store }) => {
  app.post(
    '/users/batch',
    {
      config: { scope: 'users:write', batchOf: 'users' },
      bodyLimit: MAX_BATCH_BODY_BYTES,
      schema: { ...createUsers, body: NewUserBatchSchema, response: { 201: UserListSchema, 200: UserResultsSchema } },
    },
    async (request, reply) => {
      const firstByKey = new Map<string, string>();
      const batch = await readBatch<Static<typeof NewUserSchema>, NewUser>(request, {
        list: 'users',
        schema: NewUserSchema,
        toInput: (item, name) => {
          const user = toNewUser(item);
          const first = firstByKey.get(user.contactEmailKey);
          if (first === undefined) firstByKey.set(user.contactEmailKey, name.item);
          // In a lenient batch the store decides, because the first user may be rejected.
          if (first === undefined || isLenient(request)) return user;
          return alreadyInUse(name.field('contactEmail'), user.contactEmail, first);
        },
      });
      const created = await store.users.createBatch(validInputs(batch), batchCreationOptions(request, batch));
      const results = batchResults(batch, createdItems(created, reply), (rejection, { contactEmail }, name) =>
        rejection === 'Erased' ? notFound() : alreadyInUse(name.field('contactEmail'), contactEmail),
      );
      return sendBatch(reply, batch, results, { status: 201, toResult: (user) => ({ user }) });
    },
  );
};
