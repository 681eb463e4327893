import type { TaskApi } from '../../client/src/index.ts';
import { combine } from '../http/errors/api-error.ts';
import { itemErrors, type ValidationFailure } from '../http/errors/validation.ts';
import { AJV_OPTIONS } from '../http/resource/ajv.ts';
import { buildValidator } from '../http/validator.ts';
import { NewTaskSchema } from '../tasks/schema.ts';
import type { ImportApi } from '../transfer/import-rows.ts';
import { NewUserSchema } from '../users/schema.ts';
import { findUser, toProblem } from './import-api.ts';

/** Validates items as the service does, without creating any. Only the service knows whether an address is in use. */
export function validateOnly(api: TaskApi): ImportApi {
  const compile = buildValidator({}, AJV_OPTIONS);
  const validators = { users: compile({ schema: NewUserSchema }), tasks: compile({ schema: NewTaskSchema }) };
  const schemas = { users: NewUserSchema, tasks: NewTaskSchema };
  return {
    async create(resource, items) {
      const validate = validators[resource];
      return items.map((item) => {
        // The tasks of json-server have the IDs of their owners.
        if (validate(item)) return { id: 1 };
        const errors = itemErrors((validate.errors ?? []) as ValidationFailure[], schemas[resource], 'row', '');
        return { problem: toProblem(combine(errors)) };
      });
    },
    findUser: (email) => findUser(api, email),
  };
}
