import type { Command } from 'commander';
import { type Config, loadConfig } from '../config/config.ts';
import { SETTINGS, type SettingName } from '../config/settings.ts';

export const ALL_SETTINGS = Object.keys(SETTINGS) as SettingName[];

/** The settings that every command takes that opens the database. */
export const STORE_SETTINGS: SettingName[] = ['databaseUrl'];

/** The settings that say whose JWTs are accepted. */
export const JWT_SETTINGS: SettingName[] = ['jwtIssuer', 'jwtAudience', 'jwtServiceClaim'];

/** The settings that say how mails are sent. */
export const MAIL_SETTINGS: SettingName[] = ['smtpUrl', 'emailFrom', 'publicUrl', 'confirmEmail'];

/** Adds a flag for each setting. */
export function addSettings(command: Command, names: SettingName[]): Command {
  for (const name of names) {
    const { flag, description, variable, default: value } = SETTINGS[name];
    command.option(flag, `${description} (${variable}${value === '' ? '' : `; default: ${value}`})`);
  }
  return command;
}

/** The configuration that the command's flags and the environment give. */
export function readSettings(command: Command): Config {
  const options = command.opts<Record<string, string>>();
  const given = ALL_SETTINGS.filter((name) => name in options);
  return loadConfig(Object.fromEntries(given.map((name) => [name, options[name]])));
}
