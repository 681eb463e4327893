import { type TProperties, Type } from 'typebox';
import { ResourceId } from '../http/path-ids.ts';

/** Something other than white space, and neither U+0000 nor a lone surrogate, which no database here can hold. */
const TEXT = '^(?=[\\s\\p{White_Space}]*[^\\s\\p{White_Space}])[^\\u0000\\p{Cs}]*$';

/** A field that the service generates: sent by a client it is refused as read-only. */
const ReadOnly = Type.Optional(Type.Never({ readOnly: true }));

/** What a client sends of a user (contract, section 1). */
const writable = {
  firstName: Type.String({ minLength: 1, maxLength: 100, pattern: TEXT, description: 'First name' }),
  lastName: Type.String({ minLength: 1, maxLength: 100, pattern: TEXT, description: 'Last name' }),
  contactEmail: Type.String({
    minLength: 3,
    maxLength: 255,
    format: 'idn-email',
    description: 'E-mail address, unique across all users',
  }),
} satisfies TProperties;

/** A user as responses show it, in the order of the contract's table. */
export const UserSchema = Type.Object({ userId: ResourceId('Generated; never used again'), ...writable });

export const NewUserSchema = Type.Object({ userId: ReadOnly, ...writable }, { additionalProperties: false });

export const UserParams = Type.Object({ userId: ResourceId('The user’s id') });
