import type { Http } from '../http.ts';
import { get, type IfChanged, List, type Page } from '../lists.ts';
import type { ChangeOptions, CreateOptions, Lenient, PageOptions, ReadOptions, RequestOptions } from '../options.ts';
import type { ApiPromise } from '../response.ts';
import type {
  Change,
  DeletionResult,
  ListHistoryQuery,
  ListTasksQuery,
  NewTask,
  Task,
  TaskBatchChanges,
  TaskChanges,
  TaskResult,
  UpdatedTaskResult,
} from '../types.ts';
import { type BatchOptions, create, createBatch, remove, sendBatch, update } from '../writes.ts';

/** `api.tasks` */
export class Tasks {
  readonly #http: Http;
  readonly #list: List<Task, ListTasksQuery>;

  constructor(http: Http) {
    this.#http = http;
    this.#list = new List(http, '/tasks', 'tasks');
  }

  create(task: NewTask, options?: CreateOptions): ApiPromise<Task> {
    return create(this.#http, '/tasks', task, options);
  }

  /** Creates up to 1,000 tasks: all or, if one is rejected, none. With `lenient`, the others are created. */
  createBatch(tasks: readonly NewTask[], options: CreateOptions & Lenient): ApiPromise<TaskResult[]>;
  createBatch(tasks: readonly NewTask[], options?: CreateOptions): ApiPromise<Task[]>;
  createBatch(
    tasks: readonly NewTask[],
    options?: CreateOptions & Partial<Lenient>,
  ): ApiPromise<(Task | TaskResult)[]> {
    return createBatch(this.#http, '/tasks/batch', { tasks }, options);
  }

  /** All tasks, page by page. A task that is created or deleted meanwhile changes no other position. */
  list(query?: Omit<ListTasksQuery, 'page'>, options?: RequestOptions): AsyncGenerator<Task, void, undefined> {
    return this.#list.all(query, options);
  }

  listPage<O extends PageOptions>(query?: ListTasksQuery, options?: O): ApiPromise<IfChanged<Page<Task>, O>> {
    return this.#list.page(query, options);
  }

  /**
   * All tasks as of one moment, in one response. If it is cut, the loop ends with a `NetworkError`, and some are missing.
   */
  stream(
    query?: Omit<ListTasksQuery, 'page' | 'perPage' | 'cursor'>,
    options?: RequestOptions,
  ): AsyncGenerator<Task, void, undefined> {
    return this.#list.stream(query, options);
  }

  get<O extends ReadOptions>(taskId: number, options?: O): ApiPromise<IfChanged<Task, O>> {
    return get(this.#http, `/tasks/${taskId}`, options);
  }

  /** Changes these fields of a task. `taskDescription: null` removes the description. */
  update(taskId: number, changes: TaskChanges, options?: ChangeOptions): ApiPromise<Task> {
    return update(this.#http, `/tasks/${taskId}`, changes, options);
  }

  /** Changes up to 1,000 tasks: all or, if one is rejected, none. With `lenient`, the others are changed. */
  updateBatch(tasks: readonly TaskBatchChanges[], options: RequestOptions & Lenient): ApiPromise<UpdatedTaskResult[]>;
  updateBatch(tasks: readonly TaskBatchChanges[], options?: RequestOptions): ApiPromise<Task[]>;
  updateBatch(tasks: readonly TaskBatchChanges[], options?: BatchOptions): ApiPromise<(Task | UpdatedTaskResult)[]> {
    return sendBatch(this.#http, { method: 'PATCH', path: '/tasks/batch', body: { tasks } }, options);
  }

  delete(taskId: number, options?: ChangeOptions): ApiPromise<void> {
    return remove(this.#http, `/tasks/${taskId}`, options);
  }

  /**
   * Deletes up to 1,000 tasks: all or, if one does not exist, none. With `lenient`, the others are deleted, and a lost
   * response is retried.
   */
  deleteBatch(taskIds: readonly number[], options: RequestOptions & Lenient): ApiPromise<DeletionResult[]>;
  deleteBatch(taskIds: readonly number[], options?: RequestOptions): ApiPromise<void>;
  deleteBatch(taskIds: readonly number[], options?: BatchOptions): ApiPromise<unknown> {
    const path = '/tasks/batch-delete';
    // Repeated, it would be rejected because the tasks no longer exist.
    const repeatable = options?.lenient ?? false;
    return sendBatch(this.#http, { method: 'POST', path, body: { taskIds }, repeatable }, options);
  }

  /** The changes of a task, also of a deleted one, oldest first. */
  history(
    taskId: number,
    query?: Omit<ListHistoryQuery, 'page'>,
    options?: RequestOptions,
  ): AsyncGenerator<Change, void, undefined> {
    return this.#historyOf(taskId).all(query, options);
  }

  historyPage<O extends PageOptions>(
    taskId: number,
    query?: ListHistoryQuery,
    options?: O,
  ): ApiPromise<IfChanged<Page<Change>, O>> {
    return this.#historyOf(taskId).page(query, options);
  }

  #historyOf(taskId: number): List<Change, ListHistoryQuery> {
    return new List(this.#http, `/tasks/${taskId}/history`, 'history');
  }
}
