/** How many changes of each record are not yet stored. */
export const pendingChanges = new Map<string, number>();

/** Whether this browser is changing a record. */
export function hasPendingChange(kind: { name: string }, id: number): boolean {
  return pendingChanges.has(`${kind.name}/${id}`);
}
