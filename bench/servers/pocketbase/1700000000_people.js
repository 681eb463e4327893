/**
 * The collection `people` of the measured PocketBase, with the fields, checks and unique index that users have in the other
 * servers. Its rules are empty: everybody may list, read and create.
 */
migrate((db) => {
  const name = { type: 'text', required: true, options: { min: 1, max: 100 } };
  const collection = new Collection({
    name: 'people',
    type: 'base',
    listRule: '',
    viewRule: '',
    createRule: '',
    schema: [
      { ...name, name: 'firstName' },
      { ...name, name: 'lastName' },
      { name: 'contactEmail', type: 'email', required: true, options: {} },
    ],
    indexes: ['CREATE UNIQUE INDEX people_by_contact_email ON people (contactEmail)'],
  });
  return new Dao(db).saveCollection(collection);
});
