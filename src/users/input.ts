import type { Static } from 'typebox';
import type { NewUser } from '../domain/users.ts';
import { emailKey } from '../formats/email-address.ts';
import type { NewUserSchema } from './schema.ts';

/** The user of a valid body. */
export function toNewUser({ firstName, lastName, contactEmail }: Static<typeof NewUserSchema>): NewUser {
  return { firstName, lastName, contactEmail, contactEmailKey: emailKey(contactEmail) };
}
