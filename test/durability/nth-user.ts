import type { NewUser } from '../../src/domain/users.ts';

/** A user as a client sends it. */
export type UserFields = Omit<NewUser, 'contactEmailKey'>;

/** A user as a client sees it. */
export type SeenUser = UserFields & { userId: number };

/** Every address that {@link nthUser} makes, wherever it stands in a text. */
export const ADDRESS = /user-[0-9a-f]{8}@example\.com/g;

/**
 * The nth user of a load: always the same one, and unlike every other. The addresses are scattered over the unique
 * index and the names differ in length, so that pages are filled and split all over the file.
 */
export function nthUser(n: number): UserFields {
  // Multiplying by an odd number is one-to-one modulo 2^32.
  const scattered = Math.imul(n, 0x9e3779b1) >>> 0;
  return {
    firstName: `Zoë ${n}`,
    lastName: 'Ω'.repeat(1 + (scattered % 50)),
    contactEmail: `user-${scattered.toString(16).padStart(8, '0')}@example.com`,
  };
}
