/** Drawing proposals: references, prompts and the model's responses. */

import type { Buffers } from "./buffer/mod.ts";
import { type ModeName, partDefinition, type Task } from "./modes/mod.ts";
import { derivedSeed, type RandomStream, randomStream } from "../random.ts";
import type { SelfPlayConfig } from "./config.ts";
import { endings } from "./endings.ts";
import type { Proposal, Setting } from "./records.ts";

/** A proposer prompt that fits, with the references in it. */
interface ProposerPrompt {
  mode: ModeName;
  number: number;
  references: Task[];
  parts: Task[];
  tokens: number[];
}

/** Proposals of one step, and how many prompts had to be drawn again or dropped. */
export interface DrawnProposals {
  proposals: Proposal[];
  promptsRedrawn: number;
  promptsDropped: number;
}

/**
 * Samples `count` proposals for each mode in one call of the engine.
 * `round` tells apart the rounds of seeding; it is 0 in a step.
 */
export async function drawProposals(
  setting: Setting,
  buffers: Buffers,
  modes: readonly ModeName[],
  count: number | ((mode: ModeName) => number),
  step: number,
  round = 0,
): Promise<DrawnProposals> {
  const { config, tokenizer, dialect } = setting;
  const engine = setting.proposerEngine ?? setting.engine;
  const drawn = modes.flatMap((mode) =>
    Array.from(
      { length: typeof count === "number" ? count : count(mode) },
      (_, number) => drawPrompt(setting, buffers, mode, number, step, round),
    )
  );
  const prompts = drawn.flatMap(({ prompt }) => prompt ?? []);
  const samples = await engine.sample(
    prompts.map(({ mode, number, tokens }) => ({
      promptTokens: tokens,
      count: 1,
      maxNewTokens: config.maxProposalTokens,
      seed: derivedSeed(config.seed, "propose", step, round, mode, number),
    })),
    {
      temperature: config.temperature,
      topP: config.topP,
      ...endings(setting),
    },
  );
  const proposals = prompts.map((prompt, i): Proposal => {
    const [sample] = samples[i];
    const text = tokenizer.decode(sample.tokens, {
      skipSpecial: !dialect.keepsSpecialTokens,
    });
    return {
      ...emptyProposal(prompt.mode, prompt.number, step, round),
      references: prompt.references,
      parts: prompt.parts,
      response: {
        promptTokens: prompt.tokens,
        sample,
        text,
        bannedTokens: [],
      },
    };
  });
  return {
    proposals,
    promptsRedrawn: drawn.reduce((sum, { redraws }) => sum + redraws, 0),
    promptsDropped: drawn.length - prompts.length,
  };
}

/** Candidates of a program generator in the place of proposals. */
export async function drawGenerated(
  setting: Setting,
  modes: readonly ModeName[],
  count: number,
  step: number,
  round = 0,
): Promise<DrawnProposals> {
  const proposals: Proposal[] = [];
  if (!setting.taskSource) {
    throw new TypeError(
      'config field "taskSource" is "generated", but no taskSource was given to selfPlay()',
    );
  }
  for (const mode of modes) {
    // Rounds of seeding count downwards so that they never meet a step's number.
    const candidates = await setting.taskSource(mode, count, step - round);
    candidates.forEach((candidate, number) =>
      proposals.push({
        ...emptyProposal(mode, number, step, round),
        candidate,
      })
    );
  }
  return { proposals, promptsRedrawn: 0, promptsDropped: 0 };
}

/** A proposal that nothing is known of yet. */
export function emptyProposal(
  mode: ModeName,
  number: number,
  step: number,
  round: number,
): Proposal {
  const place = step === 0 ? `seed${round}` : `${step}`;
  return {
    id: `${place}-${mode}-${number}`,
    step,
    mode,
    references: [],
    parts: [],
    response: null,
    status: "malformed",
    cause: "unread",
    reason: "",
    candidate: null,
    task: null,
    solveRate: null,
    intrinsic: null,
    reward: null,
  };
}

/**
 * Draws references until the prompt fits, at most `promptRedraws` times more;
 * then does without references. An induction prompt cannot do without its
 * program and is dropped.
 */
function drawPrompt(
  { config, tokenizer, dialect }: Setting,
  buffers: Buffers,
  mode: ModeName,
  number: number,
  step: number,
  round: number,
): { prompt: ProposerPrompt | null; redraws: number } {
  const stream = randomStream(
    config.seed,
    "references",
    step,
    round,
    mode,
    number,
  );
  for (let redraws = 0; redraws <= config.promptRedraws + 1; redraws++) {
    const last = redraws === config.promptRedraws + 1;
    const wanted = last && mode !== "induction" ? 0 : config.references;
    const references = buffers.drawReferences(mode, wanted, stream);
    if (mode === "induction" && references.length === 0) break;
    const parts = last ? [] : drawParts(config, buffers, mode, step, stream);
    const text = dialect.proposerPrompt(
      mode,
      references,
      config.language,
      parts,
    );
    const tokens = tokenizer.encode(text);
    if (tokens.length <= config.maxPromptTokens) {
      const prompt = { mode, number, references, parts, tokens };
      return { prompt, redraws };
    }
  }
  return { prompt: null, redraws: config.promptRedraws + 1 };
}

/**
 * Programs to build on: mostly none, never ones that are themselves composite,
 * and fewer than drawn where a program cannot be a part.
 */
function drawParts(
  config: SelfPlayConfig,
  buffers: Buffers,
  mode: ModeName,
  step: number,
  stream: RandomStream,
): Task[] {
  if (config.compositeChance === 0 || mode === "induction") return [];
  const { chance, maximum } = compositeAt(config, step);
  if (stream.next() >= chance) return [];
  const simple = buffers.of(mode).tasks.filter(({ provenance }) =>
    !provenance.composedOf
  );
  return stream.sample(simple, stream.integer(1, maximum))
    .filter(({ program }) => partDefinition(program, 0).ok);
}

/** How often and from how many programs at most a proposal is composed at a step. */
export function compositeAt(
  { compositeChance, compositeMaximum, compositeSchedule }: SelfPlayConfig,
  step: number,
): { chance: number; maximum: number } {
  if (compositeSchedule === "constant") {
    return { chance: compositeChance, maximum: compositeMaximum };
  }
  if (compositeChance === 0 || step < 101) return { chance: 0, maximum: 1 };
  const rises = Math.floor((step - 101) / 50);
  return {
    chance: Math.max(
      compositeChance,
      Math.min(0.8, compositeChance + 0.01 * rises),
    ),
    maximum: Math.min(compositeMaximum, 1 + rises),
  };
}
