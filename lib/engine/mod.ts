/** What self-play asks of a model, and the engine that runs on this machine. */
export type {
  Engine,
  ObjectiveConfig,
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  TrainReport,
  TrainSequence,
} from "./engine.ts";
export { LocalEngine } from "./local.ts";
