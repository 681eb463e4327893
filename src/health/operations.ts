import type { Operation, Tag } from '../http/resource/operation.ts';

const tags: [Tag] = [{ name: 'health', description: 'Checks for orchestrators, load balancers and operators' }];

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

export const getStatus: Operation = {
  operationId: 'getStatus',
  tags,
  summary: 'Get the status',
  description:
    'Returns the state of the service for an operator: database, queues, disk, scheduled backups, and the load of the process. ' +
    'It contains no data of users.',
};
