import { TaskApi } from './client.ts';
import type {
  NewTask,
  NewUser,
  Task,
  TaskChanges,
  TaskList,
  TaskStatus,
  User,
  UserChanges,
  UserList,
} from './types.ts';

/** The parameters of {@link TaskManagementClient.getTasks}. */
export interface GetTasksOptions {
  page?: number;
  perPage?: number;
  sort?: string | null;
  status?: TaskStatus | null;
}

/** The operations of {@link TaskApi} under the names of the client class in the documentation of the API. */
export class TaskManagementClient {
  readonly #api: TaskApi;

  constructor(baseUrl: string, token: string) {
    this.#api = new TaskApi({ baseUrl, token });
  }

  async getUsers(page = 0, perPage = 20, sort: string | null = null): Promise<UserList> {
    const { items } = await this.#api.users.listPage({ page, perPage, sort: sort ?? undefined });
    return { users: items };
  }

  async getUser(userId: number): Promise<User> {
    return this.#api.users.get(userId);
  }

  async createUser(user: NewUser): Promise<User> {
    return this.#api.users.create(user);
  }

  async updateUser(userId: number, updates: UserChanges): Promise<User> {
    return this.#api.users.update(userId, updates);
  }

  async deleteUser(userId: number): Promise<true> {
    await this.#api.users.delete(userId);
    return true;
  }

  async getTasks({ page = 0, perPage = 20, sort, status }: GetTasksOptions = {}): Promise<TaskList> {
    const query = { page, perPage, sort: sort ?? undefined, taskStatus: status ?? undefined };
    const { items } = await this.#api.tasks.listPage(query);
    return { tasks: items };
  }

  async getTask(taskId: number): Promise<Task> {
    return this.#api.tasks.get(taskId);
  }

  async createTask(task: NewTask): Promise<Task> {
    return this.#api.tasks.create(task);
  }

  async updateTask(taskId: number, updates: TaskChanges): Promise<Task> {
    return this.#api.tasks.update(taskId, updates);
  }

  async deleteTask(taskId: number): Promise<true> {
    await this.#api.tasks.delete(taskId);
    return true;
  }

  async updateTaskStatus(taskId: number, taskStatus: TaskStatus): Promise<Task> {
    return this.updateTask(taskId, { taskStatus });
  }

  async completeTask(taskId: number): Promise<Task> {
    return this.updateTaskStatus(taskId, 'COMPLETED');
  }

  async startTask(taskId: number): Promise<Task> {
    return this.updateTaskStatus(taskId, 'IN_PROGRESS');
  }

  /** Appends the reason to the description. */
  async blockTask(taskId: number, reason?: string): Promise<Task> {
    if (!reason) return this.updateTaskStatus(taskId, 'BLOCKED');
    const { data: task, etag } = await this.#api.tasks.get(taskId).withResponse();
    const taskDescription = `${task.taskDescription ?? ''} BLOCKED: ${reason}`.trim();
    return this.#api.tasks.update(taskId, { taskStatus: 'BLOCKED', taskDescription }, { ifMatch: etag });
  }
}
