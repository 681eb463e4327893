/** Texts of this folder. */
export const record = {
  title: 'Record',
  conflictTitle: 'This has changed since you read it',
  conflictHint: 'Changes of different fields are combined. Where both changed the same field, choose a side.',
  field: 'Field',
  theirs: 'Theirs',
  yours: 'Yours',
  result: 'Result',
  choose: 'Choose a side',
  keepTheirs: 'Drop my change',
  saveResult: 'Save the result',
};
