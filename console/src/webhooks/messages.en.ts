/** Texts of this folder. */
export const webhooks = {
  title: 'Webhooks',
};
