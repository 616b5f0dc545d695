/**
 * The extras: what the paper tried without gain, and what the kit adds. Importing this
 * file registers all of them by name. Every one is off unless a setting turns it on;
 * only the intrinsic measures are logged always.
 *
 * | extra | registers | setting |
 * |---|---|---|
 * | composite programs (paper, D.2) | the extra `composite` | `compositeChance` |
 * | chains of two programs | the extra `chains` | `chainedPerMode` |
 * | intrinsic terms (paper, D.4) | the extra `intrinsic` | the coefficients |
 * | error prediction (paper, D.1) | the mode `error` | `modes` |
 * | comments or globals removed (paper, D.5) | the extra `removal` | `comments`, `globalVariables` |
 * | rewards by chance or by length (controls) | the extra `controlRewards` | `rewardSource` |
 * | learning progress as reward | the extra `progress` | `rewardValid` |
 * | dynamic sampling | the extra `dynamicSampling` | `dynamicSampling` |
 * | penalties on repetition | the extra `repetition` | `clusterPenalty`, `memoryPenalty` |
 * | leaking gate, majority as gold | the extra `ungrounded` | `gateLeak`, `gold` |
 * | the code dialect, for base models | the dialect `code` | `dialect` |
 * | the model's own chat template | the extra `template` | `chatForm` |
 * | tasks from a file (paper, D.3) | the sources `file` and `pool` | `taskSource`, `seedSource` |
 */

import "./chains/chains.ts";
import "./chat_template.ts";
import "./code_dialect/code.ts";
import "./control_rewards.ts";
import "./dynamic_sampling.ts";
import "./intrinsic.ts";
import "./ungrounded.ts";
import "./error_prediction.ts";
import "./composite/register.ts";
import "./removal.ts";
import "./repetition.ts";
import "./task_file.ts";

export { measureComplexity } from "./complexity/measure.ts";
export { officialEditDistance } from "./complexity/official.ts";
export { checkParts, composeProgram } from "./composite/composite.ts";
export {
  type IntrinsicCombination,
  intrinsicTerms,
  withIntrinsicTerms,
} from "./intrinsic_terms.ts";
export { practise } from "./progress.ts";
