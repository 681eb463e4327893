/** A setting: an environment variable, and the flag that overrides it. */
export interface Setting<T> {
  readonly variable: string;
  /** The flag and its placeholder, such as `--port <number>`. */
  readonly flag: string;
  /** One line for `--help`. Code is in backticks, which the terminal does not show. */
  readonly description: string;
  /** Sentences for `docs/configuration.md`, in Markdown. Links are relative to `docs/`. */
  readonly details?: string;
  /** Completes the error message "PORT (--port) must be …". Code is in backticks. */
  readonly values: string;
  /** The value that an unset setting has, as you would type it. Empty if it has none. */
  readonly default: string;
  /**
   * Parses a value.
   *
   * @param name what to call the setting in an error message.
   * @returns undefined if the value is invalid.
   * @throws ConfigError if an invalid value needs a message of its own.
   */
  parse(text: string, name: string): T | undefined;
  /** What an error message shows of a value that may contain a secret; undefined for nothing. */
  redact?(text: string): string | undefined;
}

/** An invalid setting. The message is one line that names the setting and its valid values. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** The longest part of an invalid value that an error message shows, in UTF-16 units. */
const MAX_SHOWN_LENGTH = 100;

/**
 * The error of an invalid value.
 *
 * @param shown the value, or what may be shown of it; undefined for nothing.
 */
export function invalidValue(name: string, values: string, shown: string | undefined): ConfigError {
  const suffix = shown === undefined ? '' : `; it is ${JSON.stringify(shown.slice(0, MAX_SHOWN_LENGTH))}`;
  return new ConfigError(`${name} must be ${withoutBackticks(values)}${suffix}`);
}

/** The error of a setting that another one needs. */
export function missingSetting(setting: Setting<unknown>, neededBy: Setting<unknown>): ConfigError {
  return new ConfigError(`${settingName(setting)} is required when ${neededBy.variable} is set`);
}

/** Names a setting in a message: `PORT (--port)`. */
export function settingName({ variable, flag }: Setting<unknown>): string {
  return `${variable} (${flagName(flag)})`;
}

/** The flag without its placeholder. */
export function flagName(flag: string): string {
  return flag.split(' ')[0] as string;
}

/** A text of a setting, for a terminal. */
export function withoutBackticks(text: string): string {
  return text.replaceAll('`', '');
}

export function parseBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** Parses one of several words. */
export function parseChoice<const T extends readonly string[]>(choices: T, text: string): T[number] | undefined {
  return choices.find((choice) => choice === text);
}

/** Splits a comma-separated list. Spaces around a comma are ignored. */
export function splitList(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim());
}

/** Completes `values` with words to choose from. */
export function oneOf(choices: readonly string[]): string {
  return `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`;
}
