/** Whether two records have the same fields with the same values. */
export function isSameRecord(one: object, other: object): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const key of keys) {
    if (!isSameValue((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key])) return false;
  }
  return true;
}

/** What restores these fields of a record. A field that it lacked is null, which removes it. */
export function fieldsBefore(record: object, changes: object): Record<string, unknown> {
  const values = record as Record<string, unknown>;
  return Object.fromEntries(Object.keys(changes).map((field) => [field, values[field] ?? null]));
}

/** Whether two values of a field are equal: texts, numbers, lists of them. */
export function isSameValue(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
