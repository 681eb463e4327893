import { parsePlainUrl } from '../formats/url.ts';
import { missingSetting, parseBoolean, type Setting } from './setting.ts';

/** Which JWTs are accepted (RFC 7519). */
export interface JwtConfig {
  /** Must equal `iss`. The provider's metadata is found under this URL (OpenID Connect Discovery 1.0). */
  readonly issuer: string;
  /** Must equal `aud`, or be one of its values. */
  readonly audience: string;
  /** The claim of service tokens. If undefined, every JWT is a user token. */
  readonly serviceClaim: JwtClaim | undefined;
}

export interface JwtClaim {
  readonly name: string;
  readonly value: string;
}

export const AUTHENTICATION_SETTINGS = {
  jwtIssuer: {
    variable: 'JWT_ISSUER',
    flag: '--jwt-issuer <url>',
    description: 'OpenID Connect provider whose JWTs are accepted',
    details: 'Must equal the `issuer` in the provider’s metadata exactly. See [OpenID Connect](openid-connect.md).',
    values: 'an `https:` URL, such as `https://id.example.com/realms/acme` (`http:` for a loopback address only)',
    default: '',
    parse: parseIssuer,
    redact: (text: string) => text.replace(/\/\/.*@/s, '//…@'),
  },
  jwtAudience: {
    variable: 'JWT_AUDIENCE',
    flag: '--jwt-audience <name>',
    description: 'required `aud` claim of a JWT',
    details: 'An `aud` that is an array must contain it. Required with `JWT_ISSUER`.',
    values: 'one name without spaces, such as `https://tasks.example.com`',
    default: '',
    parse: (text: string) => (/^\S+$/.test(text) ? text : undefined),
  },
  jwtServiceClaim: {
    variable: 'JWT_SERVICE_CLAIM',
    flag: '--jwt-service-claim <claim>',
    description: 'claim that makes a JWT a service token',
    details:
      'The claim must be this string, or an array that contains it. If unset, every JWT is a ' +
      '[user token](tokens.md#tokens-of-one-user). Requires `JWT_ISSUER`.',
    values: 'the name of a claim and its value, such as `client_type=service`',
    default: '',
    parse: parseClaim,
  },
  userEmailChanges: {
    variable: 'USER_EMAIL_CHANGES',
    flag: '--user-email-changes <boolean>',
    description: 'whether user tokens may change `contactEmail`',
    details: 'If `false`, only service tokens may. See [Tokens of one user](tokens.md#tokens-of-one-user).',
    values: '`true` or `false`',
    default: 'true',
    parse: parseBoolean,
  },
} as const satisfies Record<string, Setting<unknown>>;

/**
 * Combines the settings of JWTs.
 *
 * @returns undefined if none is set.
 * @throws ConfigError if only some are set.
 */
export function jwtConfig(
  issuer: string | undefined,
  audience: string | undefined,
  serviceClaim: JwtClaim | undefined,
): JwtConfig | undefined {
  const { jwtIssuer, jwtAudience, jwtServiceClaim } = AUTHENTICATION_SETTINGS;
  if (issuer !== undefined && audience !== undefined) return { issuer, audience, serviceClaim };
  if (issuer !== undefined) throw missingSetting(jwtAudience, jwtIssuer);
  if (audience !== undefined) throw missingSetting(jwtIssuer, jwtAudience);
  if (serviceClaim !== undefined) throw missingSetting(jwtIssuer, jwtServiceClaim);
  return undefined;
}

/** OpenID Connect Discovery 1.0 forbids a query and a fragment. `URL` would trim white space, so `iss` would never match. */
function parseIssuer(text: string): string | undefined {
  return parsePlainUrl(text) === undefined ? undefined : text;
}

function parseClaim(text: string): JwtClaim | undefined {
  const [, name, value] = /^([^\s=]+)=(\S+)$/.exec(text) ?? [];
  return name !== undefined && value !== undefined ? { name, value } : undefined;
}
