import type { Task } from '#client';

// A page can read what is dragged only when it is dropped, but must say before whether it may be dropped here.
let dragged: readonly Task[] = [];

/** The tasks that are being dragged. */
export function draggedTasks(): readonly Task[] {
  return dragged;
}

export function startDrag(tasks: readonly Task[], transfer: DataTransfer): void {
  dragged = tasks;
  transfer.effectAllowed = 'move';
  transfer.setData('text/plain', tasks.map(({ taskTitle }) => taskTitle).join('\n'));
}

export function endDrag(): void {
  dragged = [];
}
