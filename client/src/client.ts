import { Http } from './http.ts';
import type { ClientOptions } from './options.ts';
import { Audit } from './resources/audit.ts';
import { Events } from './resources/events.ts';
import { Health } from './resources/health.ts';
import { Tasks } from './resources/tasks.ts';
import { Tokens } from './resources/tokens.ts';
import { Users } from './resources/users.ts';
import { Webhooks } from './resources/webhooks.ts';

/**
 * A client of the Task Management API. Requests are retried until their deadline, and creations create once.
 *
 * Errors are an {@link ApiError} for an error response, and a {@link NetworkError} or {@link TimeoutError} without a
 * response.
 */
export class TaskApi {
  readonly users: Users;
  readonly tasks: Tasks;
  readonly events: Events;
  readonly webhooks: Webhooks;
  readonly tokens: Tokens;
  readonly audit: Audit;
  readonly health: Health;

  /** @throws TypeError if `baseUrl` is not a URL. */
  constructor(options: ClientOptions) {
    const http = new Http(options);
    this.users = new Users(http);
    this.tasks = new Tasks(http);
    this.events = new Events(http);
    this.webhooks = new Webhooks(http);
    this.tokens = new Tokens(http);
    this.audit = new Audit(http);
    this.health = new Health(http);
  }
}
