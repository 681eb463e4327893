import type { Command } from 'commander';
import { type Config, loadConfig } from '../config/config.ts';
import { withoutBackticks } from '../config/setting.ts';
import { SETTING_GROUPS, SETTINGS, type SettingName } from '../config/settings.ts';

export const ALL_SETTINGS = Object.keys(SETTINGS) as SettingName[];

/** Adds a flag for each of the settings, in their groups. */
export function addSettings(command: Command, included: readonly SettingName[]): Command {
  for (const { title, names } of SETTING_GROUPS) {
    command.optionsGroup(`${title}:`);
    for (const name of names.filter((one) => included.includes(one))) {
      const { flag, description, variable, default: value } = SETTINGS[name];
      const origin = value === '' ? `env: ${variable}` : `default: ${value}, env: ${variable}`;
      command.option(flag, `${withoutBackticks(description)} (${origin})`);
    }
  }
  return command;
}

/** Reads the configuration from the command's flags and the environment. */
export function readSettings(command: Command): Config {
  const options = command.opts<Record<string, string>>();
  const given = ALL_SETTINGS.filter((name) => name in options);
  return loadConfig(Object.fromEntries(given.map((name) => [name, options[name]])));
}
