import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { TSchema } from 'typebox';
import type { ChangeType } from '../../domain/changes.ts';

/** A resource of the API that has scopes and events. */
export interface Resource<Options extends object> {
  routes: FastifyPluginAsyncTypebox<Options>;
  /** The schemas of `data`, by type of event: the first applies, or the last after the values are erased. */
  events: { readonly [Type in ChangeType]?: readonly TSchema[] };
}
