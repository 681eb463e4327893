import { wordsOf } from '../../formats/words.ts';

/** Where the words of a resource are stored, and what they are made from. */
export interface SearchSource {
  /** The table of the words. */
  index: string;
  /** The column of the resource's id, in the table of the words as in its own. */
  id: string;
  /** The columns whose words are stored. */
  texts: readonly string[];
}

export const USER_SEARCH: SearchSource = {
  index: 'user_search',
  id: 'user_id',
  texts: ['first_name', 'last_name', 'contact_email'],
};

export const TASK_SEARCH: SearchSource = {
  index: 'task_search',
  id: 'task_id',
  texts: ['task_title', 'task_description'],
};

/** If a search finds more rows than this, a page is read in the order of the list until enough rows with the words are found. */
export const MAX_FOUND = 10_000;

/** The time to find a page in the order of the list. After that, all rows with the words are found by the index. */
export const WALK_TIMEOUT_MS = 60;

/** The words to store for texts, separated by spaces. A word can occur several times. */
export function storedWords(...texts: (string | null | undefined)[]): string {
  return wordsOf(texts.join(' '));
}

/** The words to store for a user. */
export function userWords(user: { firstName: string; lastName: string; contactEmail: string }): string {
  return wordsOf(`${user.firstName} ${user.lastName} ${user.contactEmail}`);
}

/** The words to store for a task. */
export function taskWords(task: { taskTitle: string; taskDescription?: string | null }): string {
  return wordsOf(task.taskDescription ? `${task.taskTitle} ${task.taskDescription}` : task.taskTitle);
}
