import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { alreadyInUse, notFound } from '../http/errors.ts';
import { EmailTaken, type Store } from '../storage/store.ts';
import { emailKey } from './email.ts';
import { NewUserSchema, UserParams, UserSchema } from './schema.ts';

/** `/users` (contract, section 2). */
export const userRoutes: FastifyPluginAsyncTypebox<{ store: Store }> = async (app, { store }) => {
  app.post(
    '/users',
    { config: { scope: 'users:write' }, schema: { body: NewUserSchema, response: { 201: UserSchema } } },
    async (request, reply) => {
      const { firstName, lastName, contactEmail } = request.body;
      const contactEmailKey = emailKey(contactEmail);
      const user = await store.createUser({ firstName, lastName, contactEmail, contactEmailKey });
      if (user === EmailTaken) throw alreadyInUse('contactEmail', contactEmail);
      return reply.code(201).header('location', `/users/${user.userId}`).send(user);
    },
  );

  app.get(
    '/users/:userId',
    {
      config: { scope: 'users:read', ownerParam: 'userId' },
      schema: { params: UserParams, response: { 200: UserSchema } },
    },
    async (request) => {
      const user = await store.getUser(request.params.userId);
      if (user === undefined) throw notFound();
      return user;
    },
  );
};
