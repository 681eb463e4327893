/** The user of the examples in the documentation. */
export const JOHN = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };

/** A task of the first user, with every required field. */
export const REPORT = {
  userId: 1,
  taskTitle: 'Write the report',
  dueDate: '2026-06-01T12:00:00Z',
  warningOffset: 60,
};
