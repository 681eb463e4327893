/** Texts of this folder. */
export const tasks = {
  title: 'Tasks',
};
