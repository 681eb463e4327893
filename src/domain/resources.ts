interface Resource {
  /** The changes that the change log records, such as `created` in `user.created`. */
  changes: readonly string[];
  /** The name in scopes, such as `users` in `users:read`. Without it, only administrators have access. */
  scope?: string;
}

/** Every resource of the change log. The changes of one with a scope are events. */
export const RESOURCES = {
  user: { scope: 'users', changes: ['created', 'updated', 'deleted'] },
  identity: { changes: ['bound'] },
  task: { scope: 'tasks', changes: ['created', 'updated', 'completed', 'reminder', 'deleted'] },
  token: { changes: ['created', 'rotated', 'revoked'] },
  webhook: { changes: ['created', 'updated', 'rotated', 'test', 'deleted'] },
} as const satisfies Record<string, Resource>;

type Resources = typeof RESOURCES;

/** A resource as types of changes name it, such as `user`. */
export type ResourceName = keyof Resources;

type ScopedName = { [Name in ResourceName]: Resources[Name] extends { scope: string } ? Name : never }[ResourceName];

/** The resources that have a scope for reading and one for writing, each with the name in these scopes. */
export const SCOPED_RESOURCES = (Object.entries(RESOURCES) as [ResourceName, Resource][]).flatMap(
  ([name, { scope }]) => (scope === undefined ? [] : [{ name, scope: scope as Resources[ScopedName]['scope'] }]),
);
