/** Texts of this folder. */
export const record = {
  title: 'Record',
};
