/** What self-play asks of a model, and the engines: on this machine, or on a server. */
export {
  checkEngineConfig,
  dialectOf,
  ENGINE_LIMITS,
  type EngineConfig,
  ENGINES,
  type OpenModel,
  openModel,
  openTokenizer,
} from "./choice.ts";
export type {
  Engine,
  EngineLimit,
  EngineSamplingOptions,
  ObjectiveConfig,
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  StopText,
  TrainReport,
  TrainSequence,
} from "./engine.ts";
export { LocalEngine } from "./local.ts";
export {
  TinkerEngine,
  type TinkerOptions,
  TinkerStateLostError,
} from "./tinker/tinker.ts";
export {
  OpenAiEngine,
  type OpenAiOptions,
  SamplingOnlyError,
} from "./openai.ts";
