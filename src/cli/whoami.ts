import { connect, INTERACTIVE, type ServiceOptions, withService } from './service.ts';

/** `whoami`: what the token may do. */
export async function printCaller(options: ServiceOptions & { json: boolean }): Promise<void> {
  const caller = await withService(options, () => connect(options, INTERACTIVE).tokens.whoami());
  if (options.json || !process.stdout.isTTY) {
    process.stdout.write(`${JSON.stringify(caller)}\n`);
    return;
  }
  const { actor, scopes, plan, userId } = caller;
  const data = userId === undefined ? 'all users and tasks' : `user ${userId} and the tasks of this user`;
  process.stdout.write(`token   ${actor}\nscopes  ${scopes.join(', ')}\nplan    ${plan}\ndata    ${data}\n`);
}
