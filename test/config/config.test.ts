import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { describeDatabase } from '../../src/config/database.ts';
import { ConfigError } from '../../src/config/setting.ts';
import { isLoopback } from '../../src/formats/url.ts';

test('loadConfig returns the defaults if nothing is set', () => {
  const config = loadConfig({}, {});
  assert.equal(config.host, 'localhost');
  assert.equal(config.port, 3000);
  assert.deepEqual(config.database, { engine: 'sqlite', file: resolve('data/task-api.db') });
  assert.equal(config.logLevel, 'info');
  assert.deepEqual(Object.fromEntries(config.plans), {
    basic: { perMinute: 60, perDay: 10_000 },
    professional: { perMinute: 300, perDay: 50_000 },
    enterprise: { perMinute: 1000, perDay: 250_000 },
    unlimited: 'unlimited',
  });
  assert.ok(Object.isFrozen(config));
});

test('a flag overrides its variable, a variable overrides the default, and an empty variable counts as unset', () => {
  const env = { HOST: '0.0.0.0', PORT: '8080', LOG_LEVEL: '' };
  const config = loadConfig({ port: '0' }, env);
  assert.deepEqual([config.host, config.port, config.logLevel], ['0.0.0.0', 0, 'info']);
});

test('DATABASE_URL accepts relative, absolute and percent-encoded file: URLs', () => {
  const file = (databaseUrl: string) => {
    const { database } = loadConfig({ databaseUrl }, {});
    assert.equal(database.engine, 'sqlite');
    return 'file' in database && database.file;
  };
  assert.equal(file('file:./a/b.db'), resolve('a/b.db'));
  assert.equal(file('file:b.db'), resolve('b.db'));
  assert.equal(file('file:/srv/b.db'), '/srv/b.db');
  assert.equal(file('file:///srv/my%20file.db'), '/srv/my file.db');
  assert.equal(file('file:my%20file.db'), resolve('my file.db'));
});

test('describeDatabase omits the user and password of a PostgreSQL URL', () => {
  for (const url of [
    'postgres://me:secret@db.example:5433/tasks?sslmode=require',
    'postgresql://me:secret@db.example:5433/tasks',
  ]) {
    const { database } = loadConfig({ databaseUrl: url }, {});
    assert.deepEqual(database, { engine: 'postgres', url });
    assert.equal(describeDatabase(database), 'postgres://db.example:5433/tasks');
  }
});

test('DATABASE_URL accepts several hosts, and target_session_attrs that require writes', () => {
  const load = (url: string) => loadConfig({ databaseUrl: url }, {}).database;
  const url = 'postgres://me:p%40ss@db1.example:5433,db2.example,[::1]:5434/tasks';
  assert.deepEqual(load(url), { engine: 'postgres', url });
  assert.equal(describeDatabase(load(url)), 'postgres://db1.example:5433,db2.example,[::1]:5434/tasks');
  for (const attributes of ['read-write', 'primary']) {
    const withAttributes = `${url}?sslmode=require&target_session_attrs=${attributes}`;
    assert.deepEqual(load(withAttributes), { engine: 'postgres', url: withAttributes });
  }
  assert.throws(() => load(`${url}?target_session_attrs=any`), {
    name: 'ConfigError',
    message: 'target_session_attrs in DATABASE_URL (--database-url) must be read-write or primary; it is "any"',
  });
  for (const hosts of ['db1.example,', ',db2.example', 'db1.example:x,db2.example', 'db1.example,,db2.example']) {
    assert.throws(
      () => load(`postgres://me:secret@${hosts}/tasks`),
      ({ message }: Error) => {
        return message.startsWith('DATABASE_URL (--database-url) must be') && !message.includes('secret');
      },
    );
  }
});

test('DATABASE_URL rejects values of sslmode that pg does not implement', () => {
  const load = (query: string) => loadConfig({ databaseUrl: `postgres://me:secret@db.example/tasks?${query}` }, {});
  for (const query of ['sslmode=disable', 'sslmode=verify-full', 'sslmode=verify-ca&sslrootcert=ca.pem']) load(query);
  for (const mode of ['allow', 'prefer', 'verify-ca', 'on', '']) {
    assert.throws(() => load(`sslmode=${mode}`), {
      name: 'ConfigError',
      message: `sslmode in DATABASE_URL (--database-url) must be disable, require, verify-ca (with sslrootcert) or verify-full; it is "${mode}"`,
    });
  }
});

test('the error of a PostgreSQL URL without a host or a database name does not show the password', () => {
  for (const url of ['postgres:secret', 'postgres://me:secret@localhost', 'postgres://me:secret@/tasks']) {
    assert.throws(
      () => loadConfig({ databaseUrl: url }, {}),
      ({ message }: Error) =>
        message.startsWith('DATABASE_URL (--database-url) must be') && !message.includes('secret'),
    );
  }
});

test('PLANS adds to the default plans or replaces them', () => {
  const { plans } = loadConfig({ plans: 'mine=1/2, basic=5/6' }, {});
  assert.deepEqual(plans.get('mine'), { perMinute: 1, perDay: 2 });
  assert.deepEqual(plans.get('basic'), { perMinute: 5, perDay: 6 });
  assert.deepEqual(plans.get('professional'), { perMinute: 300, perDay: 50_000 });
});

test('the JWT settings keep the issuer as it is spelled, and split the service claim at its first equals sign', () => {
  assert.equal(loadConfig({}, {}).jwt, undefined);
  const jwtAudience = 'https://tasks.example.com';
  for (const jwtIssuer of [
    'https://id.example.com',
    'https://id.example.com/realms/acme/',
    'http://localhost:4000',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
  ]) {
    const { jwt } = loadConfig({ jwtIssuer, jwtAudience }, {});
    assert.deepEqual(jwt, { issuer: jwtIssuer, audience: jwtAudience, serviceClaim: undefined });
  }
  const { jwt } = loadConfig({ jwtIssuer: 'https://id.example.com', jwtAudience, jwtServiceClaim: 'kind=a=b' }, {});
  assert.deepEqual(jwt?.serviceClaim, { name: 'kind', value: 'a=b' });
});

test('JWT_ISSUER and JWT_AUDIENCE require each other', () => {
  const issuer = { JWT_ISSUER: 'https://id.example.com' };
  const audience = { JWT_AUDIENCE: 'tasks' };
  const claim = { JWT_SERVICE_CLAIM: 'a=b' };
  for (const [env, message] of [
    [issuer, 'JWT_AUDIENCE (--jwt-audience) is required when JWT_ISSUER is set'],
    [{ ...issuer, ...claim }, 'JWT_AUDIENCE (--jwt-audience) is required when JWT_ISSUER is set'],
    [{ ...audience, ...claim }, 'JWT_ISSUER (--jwt-issuer) is required when JWT_AUDIENCE is set'],
    [claim, 'JWT_ISSUER (--jwt-issuer) is required when JWT_SERVICE_CLAIM is set'],
  ] as const) {
    assert.throws(() => loadConfig({}, env), { name: 'ConfigError', message });
  }
});

test('the error of a JWT_ISSUER with a password does not show the password', () => {
  assert.throws(
    () => loadConfig({ jwtIssuer: 'https://me:secret@id.example.com' }, {}),
    ({ message }: Error) => message.startsWith('JWT_ISSUER (--jwt-issuer) must be') && !message.includes('secret'),
  );
});

const EMAIL = {
  SMTP_URL: 'smtp://smtp.example.com',
  EMAIL_FROM: 'tasks@example.com',
  PUBLIC_URL: 'https://example.com',
};

test('the email settings combine into one configuration', () => {
  assert.equal(loadConfig({}, {}).email, undefined);
  assert.equal(loadConfig({}, { PUBLIC_URL: 'https://example.com', CONFIRM_EMAIL: 'false' }).email, undefined);
  assert.deepEqual(loadConfig({}, EMAIL).email, {
    server: { host: 'smtp.example.com', port: 587, tls: false, requireTls: false, login: undefined },
    from: { name: '', address: 'tasks@example.com' },
    publicUrl: 'https://example.com',
    confirmEmail: false,
  });
  const more = {
    SMTP_URL: 'smtps://me%40example.com:p%3Aw@[::1]/',
    EMAIL_FROM: 'Tasks, all of them <tasks@bücher.example>',
    PUBLIC_URL: 'http://localhost:3000/tasks/',
    CONFIRM_EMAIL: 'true',
  };
  assert.deepEqual(loadConfig({}, more).email, {
    server: {
      ...{ host: '::1', port: 465, tls: true, requireTls: true },
      login: { user: 'me@example.com', password: 'p:w' },
    },
    from: { name: 'Tasks, all of them', address: 'tasks@bücher.example' },
    publicUrl: 'http://localhost:3000/tasks',
    confirmEmail: true,
  });
});

test('SMTP_URL with requireTLS=true requires TLS', () => {
  const SMTP_URL = 'smtp://smtp.example.com:25?requireTLS=true';
  const server = { host: 'smtp.example.com', port: 25, tls: false, requireTls: true, login: undefined };
  assert.deepEqual(loadConfig({}, { ...EMAIL, SMTP_URL }).email?.server, server);
});

test('the email settings require each other', () => {
  const { SMTP_URL, EMAIL_FROM, PUBLIC_URL } = EMAIL;
  for (const [env, message] of [
    [{ SMTP_URL, PUBLIC_URL }, 'EMAIL_FROM (--email-from) is required when SMTP_URL is set'],
    [{ SMTP_URL, EMAIL_FROM }, 'PUBLIC_URL (--public-url) is required when SMTP_URL is set'],
    [{ EMAIL_FROM, PUBLIC_URL }, 'SMTP_URL (--smtp-url) is required when EMAIL_FROM is set'],
    [{ CONFIRM_EMAIL: 'true' }, 'SMTP_URL (--smtp-url) is required when CONFIRM_EMAIL is set'],
  ] as const) {
    assert.throws(() => loadConfig({}, env), { name: 'ConfigError', message });
  }
});

test('the error of an invalid SMTP_URL does not show the password', () => {
  for (const smtpUrl of [
    'smtp.example.com:secret',
    'smtp:secret',
    'http://me:secret@smtp.example.com',
    'smtp://me:secret@',
    'smtp://me:secret@smtp.example.com:0',
    'smtp://me:secret@smtp.example.com/secret',
    'smtp://me:secret@smtp.example.com?pool=true',
    'smtp://me:secret@smtp.example.com?requireTLS=false',
    'smtp://me:secret@smtp.example.com?requireTLS=true&pool=true',
    'smtp://:secret@smtp.example.com',
    'smtp://secret@smtp.example.com',
    'smtp://me:%secret@smtp.example.com',
  ]) {
    assert.throws(
      () => loadConfig({ ...EMAIL, smtpUrl }, {}),
      ({ message }: Error) => message.startsWith('SMTP_URL (--smtp-url) must be') && !message.includes('secret'),
      smtpUrl,
    );
  }
});

const INVALID: [variable: string, values: string[]][] = [
  ['HOST', ['nowhere.example', '999.1.1.1', '*', '127.0.0.1:3000']],
  ['PORT', ['-1', '65536', '3000x', '3.5', '0x10', '1e3', ' ']],
  [
    'DATABASE_URL',
    [
      'data.db',
      'file:',
      'mysql://localhost/tasks',
      'file://host/x',
      'file:%00',
      'file:%zz',
      'file::memory:',
      'file:a?mode=ro',
    ],
  ],
  ['TRUST_PROXY', ['proxy.example', '10.0.0.0/33', '0.0.0.0/0', '::/0', '10.0.0.1,']],
  [
    'CORS_ORIGINS',
    ['app.example.com', 'https://app.example.com/', 'https://*.example.com', 'null', 'https://a.example,'],
  ],
  ['LOG_LEVEL', ['verbose', 'INFO', '30']],
  [
    'JWT_ISSUER',
    [
      'id.example.com',
      'http://id.example.com',
      'http://localhost.example.com',
      'https://id.example.com?x=1',
      'https://id.example.com#x',
      'https://id.example.com ',
      'ftp://localhost',
    ],
  ],
  ['JWT_AUDIENCE', ['a b', ' ']],
  ['JWT_SERVICE_CLAIM', ['service', '=service', 'client_type=', 'client type=x', 'a=b c']],
  [
    'EMAIL_FROM',
    ['tasks', 'tasks@localhost', 'Tasks <tasks>', '"Tasks" <a@example.com>', 'a@example.com, b@example.com'],
  ],
  [
    'PUBLIC_URL',
    [
      'tasks.example.com',
      'http://tasks.example.com',
      'https://example.com?x=1',
      'https://example.com#x',
      'ftp://localhost',
    ],
  ],
  ['CONFIRM_EMAIL', ['yes', 'on', 'TRUE', '1']],
  ['PLANS', ['basic', 'basic=60', 'basic=0/10', 'unlimited=1/1', 'A=1/1', 'a=1/1,', 'a=1/1;b=1/1']],
];

for (const [variable, values] of INVALID) {
  for (const value of values) {
    test(`${variable}=${value} is rejected with a one-line error that shows the variable and the value`, () => {
      assert.throws(
        () => loadConfig({}, { [variable]: value }),
        (error: Error) => {
          assert.ok(error instanceof ConfigError);
          assert.ok(error.message.startsWith(`${variable} (--`), error.message);
          assert.ok(error.message.includes(JSON.stringify(value)), error.message);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    });
  }
}

test('isLoopback recognizes localhost and loopback addresses only', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '192.168.1.1', '127.example']) assert.ok(!isLoopback(host), host);
});

test('SECRET_KEY must be 32 bytes in base64, and an invalid key is not shown', () => {
  const key = Buffer.alloc(32, 5).toString('base64');
  assert.deepEqual(Buffer.from(loadConfig({}, { SECRET_KEY: key }).secretKey as Uint8Array), Buffer.alloc(32, 5));
  assert.equal(loadConfig({}, {}).secretKey, undefined);
  for (const invalid of ['hunter2', key.slice(0, -1), `${key}=`, Buffer.alloc(31).toString('base64'), ` ${key}`]) {
    assert.throws(
      () => loadConfig({ secretKey: invalid }, {}),
      ({ message }: Error) => /^SECRET_KEY .* must be 32 bytes in base64/.test(message) && !message.includes(invalid),
    );
  }
});

test('WEBHOOK_ALLOW_PRIVATE is true, false or unset', () => {
  const allowed = (value: string) => loadConfig({}, { WEBHOOK_ALLOW_PRIVATE: value }).webhookAllowPrivate;
  assert.deepEqual([allowed('true'), allowed('false'), allowed('')], [true, false, undefined]);
  assert.throws(() => allowed('yes'), /WEBHOOK_ALLOW_PRIVATE .* must be true or false; it is "yes"/);
});
