/** Where the files of the benchmarks come from. */

/** A file of a repository on GitHub, by its path or, where that was tested, its Git hash. */
export interface GithubFile {
  readonly kind: "github";
  readonly repository: string;
  readonly ref: string;
  readonly path?: RegExp;
  readonly blob?: string;
}

/** A file that is attached to a release on GitHub. */
export interface ReleaseFile {
  readonly kind: "release";
  readonly repository: string;
  readonly tag: string;
  readonly asset: string;
}

/** Files of a data set on the Hugging Face Hub, one behind the other. */
export interface HubFiles {
  readonly kind: "hub";
  readonly repository: string;
  readonly paths: RegExp;
}

export type Source = GithubFile | ReleaseFile | HubFiles;

/** The files of the paper's harness, by the hashes of those that were tested. */
const harness = (blob: string): GithubFile => ({
  kind: "github",
  repository: "LeapLabTHU/Absolute-Zero-Reasoner",
  ref: "master",
  blob,
});
const hub = (repository: string, paths: RegExp): HubFiles => ({
  kind: "hub",
  repository,
  paths,
});
const CRUXEVAL: GithubFile = {
  kind: "github",
  repository: "facebookresearch/cruxeval",
  ref: "main",
  path: /^data\/cruxeval\.jsonl$/,
};

/** The source of each benchmark's file. */
export const SOURCES: Readonly<Record<string, Source>> = {
  "cruxeval-o": CRUXEVAL,
  "cruxeval-i": CRUXEVAL,
  "livecodebench-execution": hub(
    "livecodebench/execution-v2",
    /^test\.jsonl$/,
  ),
  humaneval: {
    kind: "github",
    repository: "openai/human-eval",
    ref: "master",
    blob: "998d25196e17af24daf9b6cb3a975fe752528e46",
  },
  humanevalplus: {
    kind: "release",
    repository: "evalplus/humanevalplus_release",
    tag: "v0.1.10",
    asset: "HumanEvalPlus.jsonl.gz",
  },
  mbppplus: harness("64621b8e2a92de7fe7a3d49bcf34c99180374962"),
  // Version 5, as in the paper.
  livecodebench: hub(
    "livecodebench/code_generation_lite",
    /^test[2-5]?\.jsonl$/,
  ),
  gsm8k: harness("3e6e62b831b5fcbf0585d0dce75ccc5e4ccb691c"),
  math500: harness("2376b9a194b46c0790e197c91b7249e5f88ac09b"),
  amc23: harness("6894ad7c49a0b3a64210af32954f4d049d934ea0"),
  aime24: harness("bb72e176e8d30c09cd67037e17cfc41e6ff48f70"),
  aime25: harness("9935df5cb3ef42817fae74b1a1d6eef83f0d2aa8"),
  minerva: harness("123c5cd351cac2b8ead5413bc084629d7ff651de"),
  olympiadbench: harness("ec36280b1de8f5bbee92da696c2ae84f5f6e6beb"),
  "mmlu-pro": hub("TIGER-Lab/MMLU-Pro", /^data\/test-.*\.parquet$/),
};
