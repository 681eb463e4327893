import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { verifyWebhook } from '../../client/src/index.ts';
import type { Delivery } from './history.ts';

/** Of the deliveries, this part is rejected, so that they are sent again. */
const REJECTED = 0.01;

export interface Receiver {
  deliveries: Delivery[];
  /** The secret of each webhook, by the last segment of its URL. */
  secrets: Map<string, string>;
  /** From now on, everything is accepted. */
  acceptAll: () => void;
  close: () => void;
}

/** Starts a receiver of webhooks that verifies each delivery, and rejects some. */
export async function startReceiver(
  { host, port }: { host: string; port: number },
  random: () => number,
  now: () => number,
): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  const secrets = new Map<string, string>();
  let rejected = REJECTED;
  const server = createServer(async (request, response) => {
    const webhook = (request.url ?? '').slice(1);
    const body = await text(request).catch(() => undefined);
    // The service gave up while it sent the body.
    if (body === undefined) return void response.destroy();
    const event = await verifyWebhook(body, request.headers, secrets.get(webhook) ?? '');
    const { userId, taskId } = event.data as { userId: number; taskId?: number };
    const accepted = random() >= rejected;
    deliveries.push({
      ...{ webhook, id: String(request.headers['webhook-id']), sequence: event.sequence, at: now(), accepted },
      key: taskId === undefined ? `user/${userId}` : `task/${taskId}`,
    });
    response.writeHead(accepted ? 204 : 500).end();
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return {
    ...{ deliveries, secrets, close },
    acceptAll: () => {
      rejected = 0;
    },
  };
}
