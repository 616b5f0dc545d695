/**
 * The engine contract against a real Tinker server, and a server that dies
 * under a run. Opt-in: `deno task test:tinker` starts the server and sets
 * AZR_TINKER_URL and AZR_TINKER_MODEL; without them these tests are ignored.
 */
import { TinkerEngine } from "../../lib/engine/tinker.ts";
import { engineContract } from "./contract.ts";

const url = Deno.env.get("AZR_TINKER_URL");
const baseModel = Deno.env.get("AZR_TINKER_MODEL");

engineContract("TinkerEngine", {
  makeEngine: () =>
    TinkerEngine.connect({
      url: url!,
      baseModel: baseModel!,
      contextLength: 128,
      loraRank: 8,
      seed: 1,
    }),
  tolerance: 1e-4,
  learningRate: 2e-3,
  ignore: url && baseModel
    ? undefined
    : "AZR_TINKER_URL is not set: run deno task test:tinker",
});
