/**
 * The engines: implementations of `Engine` (lib/method/engine.ts), which samples,
 * scores, trains, saves and loads a language model. `LocalEngine` computes in this
 * process, `TinkerEngine` on a Tinker server. `OpenAiEngine` samples only.
 */

export { type EngineConfig, ENGINES } from "./engine_config.ts";
export { LocalEngine } from "./local.ts";
export { OpenAiEngine } from "./openai.ts";
export { TinkerEngine } from "./tinker/tinker.ts";
