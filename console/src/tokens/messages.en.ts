/** Texts of this folder. */
export const tokens = {
  title: 'Tokens',
};
