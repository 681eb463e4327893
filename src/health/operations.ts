import type { Operation, Tag } from '../http/resource/operation.ts';

const tags: [Tag] = [{ name: 'health', description: 'Checks for orchestrators and load balancers, without a token' }];

export const getLiveness: Operation = {
  operationId: 'getLiveness',
  tags,
  summary: 'Check liveness',
  description: 'Responds as long as the process runs. If it does not respond, restart the process.',
};

export const getReadiness: Operation = {
  operationId: 'getReadiness',
  tags,
  summary: 'Check readiness',
  description: 'Checks the database connection. While the response is 503, send requests to another process.',
};
