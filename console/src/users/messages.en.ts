/** Texts of this folder. */
export const users = {
  title: 'Users',
};
