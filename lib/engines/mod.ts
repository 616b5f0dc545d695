/** What self-play asks of a model, and the engines: on this machine, or on a server. */

export { type EngineConfig, ENGINES } from "./engine_config.ts";
export { LocalEngine } from "./local.ts";
export { OpenAiEngine } from "./openai.ts";
export { TinkerEngine } from "./tinker/tinker.ts";
