import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { JOHN } from '../../support/examples.ts';
import fc from '../../support/fast-check.ts';
import { POSTGRES_TEMPLATE_URL, skipWithoutPostgres } from '../../support/postgres.ts';
import { MAX_LAG_MS, type Replicated, type ReplicatedApp, startReplicated } from '../../support/replicated-app.ts';

/** Some seconds' work each; `REPLICA_SEQUENCES=100` takes ten minutes. */
const SEQUENCES = Number(process.env.REPLICA_SEQUENCES ?? 2);

let replicated: Replicated | undefined;

before(async () => {
  if (process.env[POSTGRES_TEMPLATE_URL] !== undefined) replicated = await startReplicated();
});
after(() => replicated?.remove());

/** A user as written last, and by which token in which process. */
interface Written {
  userId: number;
  /** Its `firstName`: `v1`, `v2` … */
  version: number;
  at: number;
  token: number;
  app: number;
}

type Step =
  | { kind: 'write'; token: number; app: number; user: number }
  | { kind: 'list'; token: number; app: number; withToken: boolean; by: 'pages' | 'stream' }
  | { kind: 'events'; app: number; listApp: number }
  | { kind: 'pause'; replica: number; paused: boolean }
  | { kind: 'advance'; milliseconds: number };

const token = fc.nat({ max: 2 });
const app = fc.nat({ max: 1 });
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), token, app, user: fc.nat({ max: 9 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ kind: fc.constant('list' as const), token, app, withToken: fc.boolean() },
      by: fc.constantFrom('pages' as const, 'stream' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('events' as const), app, listApp: app }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pause' as const), replica: app, paused: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), milliseconds: fc.integer({ min: 1, max: 4_000 }) }),
  },
);

/** Two processes with two replicas, three tokens, and what they should see. */
class Model {
  readonly #replicated: Replicated;
  readonly #apps: readonly ReplicatedApp[];
  readonly #tokens: readonly string[];
  /** All users of this sequence. */
  readonly #lastName: string;
  readonly #written = new Map<number, Written[]>();
  /** What each token received last. */
  readonly #consistency = ['', '', ''];
  /** Of a consumer of events that alternates between the processes. */
  readonly #seen: number[] = [];
  #after: number;

  constructor(
    replicated: Replicated,
    apps: readonly ReplicatedApp[],
    tokens: string[],
    lastName: string,
    after: number,
  ) {
    this.#replicated = replicated;
    this.#apps = apps;
    this.#tokens = tokens;
    this.#lastName = lastName;
    this.#after = after;
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'write':
        return this.#write(step);
      case 'list':
        return this.#list(step);
      case 'events':
        return this.#events(step);
      case 'pause':
        return this.#replicated.replicas[step.replica]?.setPaused(step.paused);
      case 'advance':
        this.#replicated.advance(step.milliseconds);
        // Time passes in small steps: at any time, all processes have polled a moment ago.
        return this.#replicated.polled(this.#apps.length);
    }
  }

  async #write({ token, app, user }: Step & { kind: 'write' }): Promise<void> {
    const versions = this.#written.get(user) ?? [];
    const version = versions.length + 1;
    const { userId } = versions[0] ?? {};
    const body = { ...JOHN, firstName: `v${version}`, lastName: this.#lastName };
    const contactEmail = `${this.#lastName}.${user}@example.com`.toLowerCase();
    const { post, patch } = this.#apps[app] as ReplicatedApp;
    const response =
      userId === undefined
        ? await post('/users', { ...body, contactEmail }, this.#tokens[token])
        : await patch(`/users/${userId}`, { firstName: body.firstName }, this.#tokens[token]);
    assert.ok(response.statusCode < 300, response.body);
    const received = String(response.headers['consistency-token']);
    if (received > (this.#consistency[token] as string)) this.#consistency[token] = received;
    versions.push({ userId: response.json().userId, version, at: this.#replicated.now(), token, app });
    this.#written.set(user, versions);
    // A single user is current, in any process.
    const read = await this.#get(1 - app, `/users/${response.json().userId}`, 2 - token);
    assert.equal((JSON.parse(read) as { firstName: string }).firstName, body.firstName);
  }

  async #list({ token, app, withToken, by }: Step & { kind: 'list' }): Promise<void> {
    const found = await this.#read(app, token, by, withToken ? this.#consistency[token] : undefined);
    const oldest = this.#replicated.now() - MAX_LAG_MS;
    for (const versions of this.#written.values()) {
      // What is older than allowed must be there, and what the token has written as far as the process can know it.
      const needed = versions.filter(
        (written) => written.at < oldest || (written.token === token && (withToken || written.app === app)),
      );
      const least = needed.at(-1)?.version ?? 0;
      const shown = found.get(versions[0]?.userId as number) ?? 0;
      assert.ok(shown >= least, `version ${shown} is shown instead of at least ${least}`);
    }
  }

  /** Reads new events in one process, and then a list in another one. */
  async #events({ app, listApp }: Step & { kind: 'events' }): Promise<void> {
    await this.#replicated.polled(this.#apps.length);
    const shown = await this.#consume(app);
    const found = await this.#read(listApp, 2, 'pages', undefined);
    for (const [userId, version] of shown) {
      assert.ok((found.get(userId) ?? 0) >= version, 'the list is older than an event');
    }
  }

  /** Reads the next events. Returns the newest version of each user in them. */
  async #consume(app: number): Promise<Map<number, number>> {
    const shown = new Map<number, number>();
    const { events } = JSON.parse(await this.#get(app, `/events?_after=${this.#after}`, 2)) as {
      events: { sequence: number; data: { userId: number; firstName?: string } }[];
    };
    for (const { sequence, data } of events) {
      assert.ok(sequence > this.#after, 'events are in order, each once');
      this.#after = sequence;
      this.#seen.push(sequence);
      if (data.firstName !== undefined) shown.set(data.userId, Number(data.firstName.slice(1)));
    }
    return shown;
  }

  /** All events must be there in the end. */
  async finish(): Promise<void> {
    for (const replica of this.#replicated.replicas) await replica.setPaused(false);
    const count = [...this.#written.values()].flat().length;
    for (let app = 0; this.#seen.length < count; app = 1 - app) {
      await this.#replicated.polled(this.#apps.length);
      await this.#consume(app);
    }
    assert.equal(this.#seen.length, count);
  }

  /** The version of each user in a list. */
  async #read(app: number, token: number, by: 'pages' | 'stream', consistency?: string): Promise<Map<number, number>> {
    const headers = consistency ? { 'consistency-token': consistency } : {};
    const path = `/users?lastName=${this.#lastName}`;
    const users =
      by === 'stream'
        ? (await this.#get(app, path, token, { ...headers, accept: 'application/x-ndjson' }))
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : (JSON.parse(await this.#get(app, `${path}&_perPage=100`, token, headers)).users as never);
    return new Map(
      (users as { userId: number; firstName: string }[]).map(({ userId, firstName }) => [
        userId,
        Number(firstName.slice(1)),
      ]),
    );
  }

  async #get(app: number, url: string, token: number, headers = {}): Promise<string> {
    const response = await (this.#apps[app] as ReplicatedApp).request({
      ...{ url, headers },
      token: this.#tokens[token] as string,
    });
    assert.equal(response.statusCode, 200, response.body);
    return response.body;
  }
}

test('no read is older than promised, and events are complete, while replicas stop and continue at random', async (t: TestContext) => {
  if (skipWithoutPostgres(t) || replicated === undefined) return;
  const cluster = replicated;
  const apps = [await cluster.app(t), await cluster.app(t)];
  await cluster.used(apps.length);
  const tokens = await Promise.all([0, 1, 2].map(() => (apps[0] as ReplicatedApp).token()));
  let sequences = 0;
  let fromReplicas = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 30, maxLength: 60, size: 'max' }), async (steps) => {
      const last = await (apps[0] as ReplicatedApp).request({
        url: '/events?_perPage=1',
        headers: { 'cache-control': 'no-cache' },
      });
      const after = Number(/_after=(\d+)[^>]*>; rel="last"/.exec(String(last.headers.link))?.[1]);
      const model = new Model(cluster, apps, tokens, `Sequence${++sequences}`, after);
      for (const step of steps) await model.run(step);
      await model.finish();
    }),
    { numRuns: SEQUENCES, endOnFailure: true },
  );
  for (const { metrics } of apps) {
    for (const [name, count] of await readsOf(metrics)) if (name !== 'primary') fromReplicas += count;
  }
  assert.ok(fromReplicas > 10 * SEQUENCES, `only ${fromReplicas} reads came from replicas`);
});

async function readsOf({ registry }: ReplicatedApp['metrics']): Promise<[string, number][]> {
  const text = await registry.metrics();
  return [...text.matchAll(/^task_api_list_reads_total\{server="(.*?)"\} (\d+)/gm)].map(([, name, count]) => [
    name as string,
    Number(count),
  ]);
}
