/** Texts of this folder. */
export const audit = {
  title: 'Audit',
};
