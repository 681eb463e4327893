import type { Resource } from './http/resource/resource.ts';
import { TASKS } from './tasks/resource.ts';
import type { TaskRoutesOptions } from './tasks/routes.ts';
import { USERS } from './users/resource.ts';
import type { UserRoutesOptions } from './users/routes.ts';

/** What the routes of all resources get. */
export type ResourceOptions = UserRoutesOptions & TaskRoutesOptions;

/** The resources that have scopes and events, in the order of the OpenAPI document. */
export const API_RESOURCES: readonly Resource<ResourceOptions>[] = [USERS, TASKS];
