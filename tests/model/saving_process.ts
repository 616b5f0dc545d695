/** Writes two models in turns over one folder until it is killed: `saving_process.ts FOLDER`. */
import { saveModel, startBackend } from "../../lib/model/mod.ts";
import { smallModel } from "./shapes.ts";

const [folder] = Deno.args;
// The backend that starts fastest; saving is the same on all.
await startBackend("cpu");
const models = [2, 1].map((seed) => smallModel({}, seed));
console.log("saving");
for (let turn = 0;; turn++) await saveModel(models[turn % 2], folder);
