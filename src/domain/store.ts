import type { BackupRepository } from './backups.ts';
import type { ChangeRepository } from './changes.ts';
import type { EmailRepository } from './emails.ts';
import type { IdentityRepository } from './identities.ts';
import type { DatabaseStatus } from './status.ts';
import type { TaskRepository } from './tasks.ts';
import type { TokenRepository } from './tokens.ts';
import type { UserRepository } from './users.ts';
import type { DeliveryRepository, WebhookRepository } from './webhooks.ts';

/**
 * The database. When a promise of a write is fulfilled, the write and its entry in the change log are on disk. Expected
 * outcomes are values, such as `EmailTaken`; `StoreUnavailable` is thrown if the database cannot respond now.
 */
export interface Store {
  readonly users: UserRepository;
  readonly identities: IdentityRepository;
  readonly tasks: TaskRepository;
  readonly tokens: TokenRepository;
  readonly webhooks: WebhookRepository;
  readonly deliveries: DeliveryRepository;
  readonly emails: EmailRepository;
  readonly changes: ChangeRepository;
  readonly idempotencyKeys: IdempotencyKeyRepository;
  readonly backups: BackupRepository;
  /**
   * A position that all writes of this process are before whose promises are fulfilled: 16 hexadecimal digits, which compare as
   * text. A read with it in its `freshness`, by any process, includes them. Undefined unless reads may come from replicas.
   */
  readonly position?: () => string;
  /** Fulfilled if the database responds; otherwise rejected with `StoreUnavailable`. */
  ping(): Promise<void>;
  /** The state of the database. Takes some milliseconds. Rejected with `StoreUnavailable` as {@link ping}. */
  status(): Promise<DatabaseStatus>;
  /** Waits for writes in flight and closes the database. */
  close(): Promise<void>;
}

export interface IdempotencyKeyRepository {
  /** Prunes a batch of expired idempotency keys. False if there was none. */
  prune(): Promise<boolean>;
}
