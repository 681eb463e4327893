// Each repository is exported under its name in `Store`. The store creates all of them, with the session and everything
// that it shares among them.

export { SqliteBackupRepository as backups } from './backups.ts';
export { SqliteChangeRepository as changes } from './changes.ts';
export { SqliteDeliveryRepository as deliveries } from './deliveries.ts';
export { SqliteEmailRepository as emails } from './emails.ts';
export { SqliteIdempotencyKeyRepository as idempotencyKeys } from './idempotency-keys.ts';
export { SqliteIdentityRepository as identities } from './identities.ts';
export { SqliteTaskRepository as tasks } from './tasks.ts';
export { SqliteTokenRepository as tokens } from './tokens.ts';
export { SqliteUserRepository as users } from './users.ts';
export { SqliteWebhookRepository as webhooks } from './webhooks.ts';
