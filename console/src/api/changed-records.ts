import { type ChangedQuestion, openQuestion } from './questions.ts';
import type { RecordKind } from './records.ts';
import { type ChangedRecord, versionedFields } from './versions.ts';

/** The last question: they are asked one after the other. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Asks which of the records that others have changed to change or delete all the same.
 *
 * @param changed with the fields that were to change.
 */
export async function askAboutChanged<T extends object, Changed extends ChangedRecord<T> & { changes?: object }>(
  kind: RecordKind<T, never, never>,
  action: ChangedQuestion['action'],
  changed: readonly Changed[],
): Promise<Changed[]> {
  if (changed.length === 0) return [];
  const records = changed.map(({ shown, current, changes }) => ({
    id: kind.idOf(shown),
    title: kind.titleOf(current.record),
    base: versionedFields(kind, shown),
    theirs: versionedFields(kind, current.record),
    yours: { ...changes },
  }));
  const ask = () =>
    new Promise<ReadonlySet<number>>((resolve) => {
      openQuestion.set({
        ...{ kind: kind.name, action, records },
        resolve: (ids) => {
          openQuestion.set(undefined);
          resolve(ids);
        },
      });
    });
  const asked = last.then(ask);
  last = asked;
  const chosen = await asked;
  return changed.filter(({ shown }) => chosen.has(kind.idOf(shown)));
}
