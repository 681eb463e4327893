/** Which rows a request is about. */
export interface Rows {
  userId: number;
  taskId: number;
}

const TASKS_IN_BATCH = 100;

let created = 0;
const newTask = ({ userId }: Rows) => ({
  ...{ userId, taskTitle: `Review number ${++created}`, dueDate: '2030-06-01T12:00:00Z', warningOffset: 60 },
});

/** The kinds of requests whose cost is measured. */
export const REQUESTS = {
  'a user': ({ userId }: Rows) => ({ method: 'GET', path: `/users/${userId}`, body: undefined }),
  'a task': ({ taskId }: Rows) => ({ method: 'GET', path: `/tasks/${taskId}`, body: undefined }),
  'the tasks of a user': ({ userId }: Rows) => ({ method: 'GET', path: `/tasks?userId=${userId}`, body: undefined }),
  'tasks with a status by due date': ({ taskId }: Rows) => ({
    ...{ method: 'GET', path: `/tasks?taskStatus=IN_PROGRESS&_sort=dueDate&_page=${taskId % 10}`, body: undefined },
  }),
  'a page of events': ({ taskId }: Rows) => ({
    method: 'GET',
    path: `/events?_after=${taskId}&_perPage=20`,
    body: undefined,
  }),
  'a new task': (rows: Rows) => ({ method: 'POST', path: '/tasks', body: newTask(rows) as object }),
  'a batch of 100 new tasks': (rows: Rows) => ({
    ...{ method: 'POST', path: '/tasks/batch' },
    body: { tasks: Array.from({ length: TASKS_IN_BATCH }, () => newTask(rows)) } as object,
  }),
  'a change of a task': ({ taskId }: Rows) => ({
    ...{ method: 'PATCH', path: `/tasks/${taskId}`, body: { taskTitle: `Changed ${++created}` } as object },
  }),
};

export type RequestKind = keyof typeof REQUESTS;

/** The parts of a mix, which add up to 1. */
export type Mix = Partial<Record<RequestKind, number>>;

/** The mix of the model, and one with more reads: both are measured as a whole, to check the sum of their parts. */
export const MIXES = {
  'the mix of the model': {
    ...{ 'a task': 0.5, 'the tasks of a user': 0.25, 'a new task': 0.15, 'a change of a task': 0.1 },
  },
  'mostly reads': { 'a user': 0.4, 'a task': 0.3, 'the tasks of a user': 0.28, 'a new task': 0.02 },
} satisfies Record<string, Mix>;

export type MixName = keyof typeof MIXES;
