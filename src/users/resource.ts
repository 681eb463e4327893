import { ResourceId } from '../http/resource/ids.ts';
import type { Resource } from '../http/resource/resource.ts';
import { Type } from '../type.ts';
import { type UserRoutesOptions, userRoutes } from './routes.ts';
import { UserSchema } from './schema.ts';

const UserIdSchema = Type.Object(
  { userId: ResourceId('The user') },
  { title: 'UserId', description: 'The ID of a deleted user. All other data is erased', examples: [{ userId: 1 }] },
);

export const USERS: Resource<UserRoutesOptions> = {
  routes: userRoutes,
  events: {
    'user.created': [UserSchema, UserIdSchema],
    'user.updated': [UserSchema, UserIdSchema],
    'user.deleted': [UserIdSchema],
  },
};
