/** Texts of this folder. */
export const events = {
  title: 'Events',
};
