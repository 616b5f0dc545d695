/** The page of settings: the paper's Table 3 and every setting by source, from the library's table. */

import { paperTable3 } from "../../lib/method/paper_table.ts";
import { type SelfPlayConfig, TINY_CONFIG } from "../../lib/method/config.ts";
import { SETTINGS } from "../../lib/method/settings.ts";

/** Where the page lies, from the project's folder. */
export const SETTINGS_PAGE = "lib/method/SETTINGS.md";

/** Returns the text of the page. */
export function settingsPage(): string {
  return [
    "<!-- deno-fmt-ignore-file -->",
    "# Settings of self-play",
    "Written by `deno task report` from `settings.ts`. A dash means that the source says nothing. `tiny` is the kit's config for models of well under a million parameters.",
    "## The paper's Table 3",
    table(["hyper-parameter", "paper", "official code"], paperTable3()),
    "## Every setting",
    table(
      ["setting", "paper", "official", "kit", "tiny", "must be", "meaning"],
      settingRows(),
    ),
  ].join("\n\n") + "\n";
}

function settingRows(): string[][] {
  const fields = Object.keys(SETTINGS) as (keyof SelfPlayConfig)[];
  return fields.map((field) => {
    const { paper, official = paper, kit = paper ?? official, wanted, says } =
      SETTINGS[field];
    const values = [paper, official, kit, TINY_CONFIG[field]].map(shown);
    return [`\`${field}\``, ...values, wanted, says];
  });
}

function shown(value: unknown): string {
  if (value === undefined) return "–";
  if (value === "") return '""';
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function table(header: string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)]
    .join("\n");
}
