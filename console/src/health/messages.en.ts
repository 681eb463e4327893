/** Texts of this folder. */
export const health = {
  title: 'Health',
};
