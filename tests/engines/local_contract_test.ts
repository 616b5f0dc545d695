/** The engine contract, held to the engine on this machine. */
import { LocalEngine } from "../../lib/engines/local.ts";
import { startBackend } from "../../lib/model/mod.ts";
import { smallModel } from "../model/shapes.ts";
import { engineContract } from "./contract.ts";

await startBackend();

engineContract("LocalEngine", {
  makeEngine: () =>
    Promise.resolve(new LocalEngine(smallModel({ vocab_size: 64 }))),
  tolerance: 1e-4,
  learningRate: 2e-3,
});
