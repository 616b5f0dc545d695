/** Twenty steps of the preset laptop-lm, by its own command line, and their speed. */
import { readMetrics, readTimings } from "../../lib/run/read.ts";
import { main } from "../selfplay.ts";
import { tell } from "./run_part.ts";

const STEPS = { card: 20, rehearsal: 2 };

/** Settings by which a rehearsal takes seconds. */
const SMALL = {
  ...{ proposalsPerMode: 1, rolloutsPerTask: 2, seedTasksPerMode: 1 },
  ...{ seedRounds: 1, maxProposalTokens: 8, maxSolutionTokens: 8 },
};

/** Seconds between two looks at the run's folder. */
const LOOK_SECONDS = 5;

/** Plays into a folder and tells what is recorded there, now and then and at the end. */
export async function laptop(
  model: string,
  rehearsal: boolean,
  folder: string,
): Promise<void> {
  const steps = rehearsal ? STEPS.rehearsal : STEPS.card;
  const changes = { evaluateEvery: steps, checkpointEvery: steps };
  const settings = rehearsal ? { ...changes, ...SMALL } : changes;
  const look = setInterval(() => tell(recorded(folder)), 1000 * LOOK_SECONDS);
  const code = await main([
    ...["--preset", "laptop-lm", "--model", model, "--evaluate", "0"],
    ...["--seed", "1", "--steps", String(steps), "--out", folder],
    ...Object.entries(settings).flatMap(([field, value]) => [
      ...["--set", `${field}=${value}`],
    ]),
  ]);
  clearInterval(look);
  tell(recorded(folder));
  if (code !== 0) throw new Error(`selfplay ended with ${code}`);
}

/** The steps in a run's folder so far, and tokens a second by what was done. */
function recorded(folder: string) {
  try {
    const timings = readTimings(folder).filter(({ step }) => step > 0);
    const steps = readMetrics(folder).filter(({ step }) => step > 0);
    const rate = (kind: string) => {
      const works = timings.flatMap(({ work }) => work[kind] ?? []);
      const sum = (field: "amount" | "seconds") =>
        works.reduce((total, one) => total + one[field], 0);
      return works.length === 0 ? null : sum("amount") / sum("seconds");
    };
    return {
      steps: steps.length,
      seconds_a_step: timings.map(({ seconds }) =>
        Object.values(seconds).reduce((total, one) => total + one, 0)
      ),
      sampled_tokens_per_s: rate("model sampling"),
      trained_tokens_per_s: rate("model training"),
      losses: steps.map(({ loss }) => loss),
    };
  } catch {
    return { steps: 0 };
  }
}
