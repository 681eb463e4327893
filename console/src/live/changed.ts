/** When others last changed a record, in milliseconds since the epoch: its row fades once. */
const changedAt = new Map<string, number>();

export function setChanged(kind: { name: string }, id: number): void {
  changedAt.set(`${kind.name}/${id}`, Date.now());
}

/** When others last changed the record; 0 if they have not. */
export function lastChanged(kind: { name: string }, id: number): number {
  return changedAt.get(`${kind.name}/${id}`) ?? 0;
}
