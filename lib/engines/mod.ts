/** What self-play asks of a model, and the engines: on this machine, or on a server. */
export {
  dialectOf,
  ENGINE_LIMITS,
  type OpenModel,
  openModel,
  openTokenizer,
} from "./choice.ts";
export {
  checkEngineConfig,
  type EngineConfig,
  ENGINES,
  movableFields,
  withWholePaths,
} from "./engine_config.ts";
export type { Company } from "./http.ts";
export { LocalEngine } from "./local.ts";
export {
  TinkerEngine,
  type TinkerOptions,
  TinkerStateLostError,
} from "./tinker/tinker.ts";
export { OpenAiEngine, type OpenAiOptions } from "./openai.ts";
export { SamplingOnlyError } from "./openai_answer.ts";
