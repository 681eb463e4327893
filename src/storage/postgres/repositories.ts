// Each repository is exported under its name in `Store`. The store creates all of them, with the database and everything
// that it shares among them. It creates the one of `changes` first, because others read from it.

export { PostgresBackupRepository as backups } from './backups.ts';
export { PostgresDeliveryRepository as deliveries } from './deliveries.ts';
export { PostgresEmailRepository as emails } from './emails.ts';
export { PostgresIdempotencyKeyRepository as idempotencyKeys } from './idempotency-keys.ts';
export { PostgresIdentityRepository as identities } from './identities.ts';
export { PostgresTaskRepository as tasks } from './tasks.ts';
export { PostgresTokenRepository as tokens } from './tokens.ts';
export { PostgresUserRepository as users } from './users.ts';
export { PostgresWebhookRepository as webhooks } from './webhooks.ts';
