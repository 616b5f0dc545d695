/** The table of settings as a list for the command line. */

import type { SelfPlayConfig } from "../../lib/method/config.ts";
import type { SettingRow } from "../../lib/method/setting_kinds.ts";
import { SETTINGS } from "../../lib/method/settings.ts";

/** Lists every setting of a config: its value, the names or the range it allows, and what it does. */
export function settingsList(config: SelfPlayConfig): string {
  const rows: [string, SettingRow<unknown>][] = Object.entries(SETTINGS);
  return rows.map(([field, { says, wanted, choices }]) => {
    const value = config[field as keyof SelfPlayConfig];
    const others = choices ? choices.join(", ") : wanted;
    return `  ${field.padEnd(26)} ${value}  (${others})\n      ${says}`;
  }).join("\n");
}
