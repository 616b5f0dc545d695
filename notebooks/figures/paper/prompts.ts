/** Figures 33 to 39: the six prompts of the chat dialect, and Table 3 beside the kit's settings. */

import { chatDialect } from "../../../lib/method/modes/chat.ts";
import { identityTasks } from "../../../lib/method/buffer/identity.ts";
import { MODE_NAMES, type ModeName } from "../../../lib/method/modes/task.ts";
import type { Task } from "../../../lib/method/modes/task.ts";
import { paperTable3 } from "../../../lib/method/paper_table.ts";
import { paperRows } from "./numbers.ts";

/** A prompt by its role and mode. */
export interface NamedPrompt {
  role: "propose" | "solve";
  mode: ModeName;
  text: string;
}

/** An induction task on the identity program: ten pairs, half of them shown. */
function identityInduction(): Task {
  const [task] = identityTasks("deduction", "python", 1);
  const examples = Array.from({ length: 10 }, (_, i) => (
    { argument: String(i), output: String(i) }
  ));
  const message = "Returns what it is given.";
  return { ...task, mode: "induction", examples, shownCount: 5, message };
}

/** The six prompts as a language model reads them, on the identity triplet. */
export function sixPrompts(): NamedPrompt[] {
  return MODE_NAMES.flatMap((mode): NamedPrompt[] => {
    const [seed] = identityTasks(mode, "python", 1);
    const task = seed ?? identityInduction();
    return [
      {
        ...{ role: "propose", mode },
        text: chatDialect.proposerPrompt(mode, [task], "python"),
      },
      { role: "solve", mode, text: chatDialect.solverPrompt(task) },
    ];
  });
}

/** Where the kit's table of settings has another name for a row of Table 3, or none. */
const NAMES: Record<string, string> = {
  "Gradient clipping": "Grad clip",
  "Advantage estimator": "Algorithm",
  "Rollouts per prompt": "N rollouts",
  "References K": "K references",
  "Samples N to estimate accuracy": "N samples to estimate accuracy",
};

/** What has no setting: the kit has one optimiser, and a KL term in the loss alone. */
const FIXED: Record<string, string> = {
  Optimizer: "AdamW",
  "KL reward": "false",
};

/** A row of Table 3, and what the kit's paper settings have there. */
export interface SettingBeside {
  name: string;
  paper: string;
  here: string;
}

/** Table 3 row by row, in the paper's words. */
export function settingsBeside(): SettingBeside[] {
  const own = new Map(paperTable3().map(([name, paper]) => [name, paper]));
  return paperRows("table3").map(({ name, value }) => ({
    name,
    paper: plain(value),
    here: plain(own.get(NAMES[name] ?? name) ?? FIXED[name] ?? "no setting"),
  }));
}

/** Makes equal values equal texts: both write numbers, "none" and signs in their own way. */
function plain(value: unknown): string {
  const text = String(value ?? "none").replace("*", "×");
  if (text === "false") return "none";
  if (text === "trrpp") return "TRR++";
  return text !== "" && Number.isFinite(Number(text))
    ? String(Number(text))
    : text;
}
