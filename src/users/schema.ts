import { type TProperties, Type } from 'typebox';
import type { UserSortField } from '../domain/users.ts';
import { VISIBLE_TEXT } from '../formats/text.ts';
import { OwnId, ReadOnly, ResourceId } from '../http/resource/ids.ts';
import { listParameters } from '../http/resource/list-parameters.ts';

/** The user of every example. */
export const JOHN = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };
export const SAVED_JOHN = { userId: 1, ...JOHN };

/** What a client sends of a user (contract, section 1). */
const writable = {
  firstName: Type.String({ minLength: 1, maxLength: 100, pattern: VISIBLE_TEXT, description: 'First name' }),
  lastName: Type.String({ minLength: 1, maxLength: 100, pattern: VISIBLE_TEXT, description: 'Last name' }),
  contactEmail: Type.String({
    minLength: 3,
    maxLength: 255,
    format: 'idn-email',
    description: 'E-mail address, unique across all users',
  }),
} satisfies TProperties;

/** A user as responses show it, in the order of the contract's table. */
export const UserSchema = Type.Object(
  { userId: ResourceId('Generated; never used again'), ...writable },
  { title: 'User', examples: [SAVED_JOHN] },
);

export const UserListSchema = Type.Object(
  { users: Type.Array(UserSchema) },
  { title: 'UserList', examples: [{ users: [SAVED_JOHN] }] },
);

export const NewUserSchema = Type.Object(
  { userId: ReadOnly, ...writable },
  { title: 'NewUser', additionalProperties: false, examples: [JOHN] },
);

/** At least one field; the rest stays as it is. */
export const UserChangesSchema = Type.Partial(Type.Object({ userId: OwnId('userId'), ...writable }), {
  title: 'UserChanges',
  additionalProperties: false,
  minProperties: 1,
  examples: [{ contactEmail: 'john@example.org' }],
});

export const UserParams = Type.Object({ userId: ResourceId('The user’s id') });

export const USER_SORT_FIELDS: readonly UserSortField[] = ['userId', 'firstName', 'lastName', 'contactEmail'];

export const UserListParameters = Type.Object(
  {
    ...listParameters(USER_SORT_FIELDS),
    contactEmail: Type.Optional({ ...writable.contactEmail, description: 'Only the user with this address' }),
  },
  { additionalProperties: false },
);
