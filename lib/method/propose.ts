/** Proposing: references from the buffers, prompts, and the model's responses. */

import { breathe } from "../breathe.ts";
import type { Buffers } from "./buffer/buffers.ts";
import { draftPlace, type Drawn, type TaskRequest } from "./draft.ts";
import { extraFor } from "./extras.ts";
import type { ModeName, Task } from "./modes/task.ts";
import { modeOf } from "./modes/registry.ts";
import { derivedSeed, randomStream } from "../random.ts";
import { sampleResponses } from "./respond.ts";
import type { Setting } from "./setting.ts";

/** A proposer prompt that fits, with the references in it. */
interface ProposerPrompt {
  mode: ModeName;
  number: number;
  references: Task[];
  parts: Task[];
  text: string;
  tokens: number[];
}

/** Has the proposer write the drafts of a request, in one call of the engine. */
export async function drawProposals(
  setting: Setting,
  buffers: Buffers,
  request: TaskRequest,
): Promise<Drawn> {
  const { config, tokenizer, dialect } = setting;
  const { step, round } = request;
  const engine = setting.proposerEngine ?? setting.engine;
  const drawn = [];
  for (const [mode, count] of request.wanted) {
    for (let number = 0; number < count; number++) {
      await breathe(request.stop);
      drawn.push(drawPrompt(setting, buffers, mode, number, request));
    }
  }
  const prompts = drawn.flatMap(({ prompt }) => prompt ?? []);
  const responses = await sampleResponses(
    { engine, tokenizer, dialect },
    prompts.map(({ mode, number, tokens }) => ({
      promptTokens: tokens,
      count: 1,
      maxNewTokens: config.maxProposalTokens,
      seed: derivedSeed(config.seed, "propose", step, round, mode, number),
    })),
    { ...config, role: "propose", stop: request.stop },
  );
  return {
    proposals: prompts.map(({ mode, number, references, parts }, i) => ({
      ...draftPlace(mode, number, request),
      source: "proposed",
      references,
      parts,
      response: responses[i][0],
      given: null,
    })),
    promptsRedrawn: drawn.reduce((sum, { redraws }) => sum + redraws, 0),
    promptsDropped: drawn.length - prompts.length,
  };
}

/**
 * Draws references until the prompt fits, at most `promptRedraws` times more, and
 * then does without references. A prompt that cannot do without, because the
 * proposer writes inputs for the program of its reference, is dropped.
 */
export function drawPrompt(
  { config, tokenizer, dialect }: Setting,
  buffers: Buffers,
  mode: ModeName,
  number: number,
  { step, round }: Pick<TaskRequest, "step" | "round">,
): { prompt: ProposerPrompt | null; redraws: number } {
  const place = [step, round, mode, number] as const;
  const stream = randomStream(config.seed, "references", ...place);
  const { writesProgram } = modeOf(mode);
  for (let redraws = 0; redraws <= config.promptRedraws + 1; redraws++) {
    const last = redraws === config.promptRedraws + 1;
    const wanted = last && writesProgram ? 0 : config.references;
    const references = buffers.drawReferences(mode, wanted, stream);
    if (!writesProgram && references.length === 0) break;
    const composite = writesProgram && !last
      ? extraFor(config, "composite")
      : undefined;
    const parts = composite
      ?.draw(config, buffers.of(mode).tasks, step, stream) ?? [];
    const blocks = parts.length > 0 ? composite?.blocks(parts) : undefined;
    const { language } = config;
    const text = dialect.proposerPrompt(mode, references, language, blocks);
    const tokens = tokenizer.encodePrompt(text);
    if (tokens.length <= config.maxPromptTokens) {
      const shown = { mode, number, references, parts };
      return { prompt: { ...shown, text, tokens }, redraws };
    }
  }
  return { prompt: null, redraws: config.promptRedraws + 1 };
}
