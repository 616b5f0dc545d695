/**
 * The environment for other people's trainers: prompts out, proposals and answers in,
 * verdicts and rewards out, over HTTP on this machine (README.md beside this file).
 */

export { Environment } from "./environment.ts";
export { startService } from "./service.ts";
