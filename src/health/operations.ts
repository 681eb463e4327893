import type { Operation, Tag } from '../http/resource/operation.ts';

const tags: [Tag] = [{ name: 'health', description: 'For orchestrators and load balancers; no token is needed' }];

export const getLiveness: Operation = {
  operationId: 'getLiveness',
  tags,
  summary: 'Is the process alive?',
  description: 'Answers as long as the process does. When it does not, start the process again.',
};

export const getReadiness: Operation = {
  operationId: 'getReadiness',
  tags,
  summary: 'Can the service serve?',
  description: 'Asks the database. While the answer is 503, send requests elsewhere.',
};
