/** Texts of this folder. */
export const start = {
  title: 'Start',
};
