/**
 * `adapter_config.json` of PEFT: which projections carry an adapter, of which rank
 * and scale, and what would need more than that.
 *
 * Names are matched as PEFT 0.21 does (`check_target_module_exists`,
 * `get_pattern_key`). Refused are adapters that change the base when they are
 * opened (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA, MiCA), DoRA, biases, and adapters
 * on other modules than the projections of layers: PEFT can merge them.
 */
import type { ModelConfig } from "../config.ts";
import { LORA_TARGETS, type LoraConfig, projectionNames } from "../lora.ts";

type Fields = Record<string, unknown>;

/** The content of an adapter folder's config. */
export interface PeftConfig {
  lora: LoraConfig;
  /** Names, or ends of names, of modules that are stored whole. */
  savedModules: readonly string[];
}

const MERGE =
  "merge it into its base with PEFT (merge_and_unload) and open that";

/** Fields that change the result, and the values that do not. */
const PLAIN_VALUES: Record<string, readonly unknown[]> = {
  peft_type: ["LORA"],
  bias: ["none"],
  init_lora_weights: [true, false, "gaussian", "orthogonal", "eva"],
  use_dora: [false],
  use_qalora: [false],
  use_bdlora: [false],
  lora_bias: [false],
  fan_in_fan_out: [false],
  ensure_weight_tying: [false],
  alora_invocation_tokens: [],
  arrow_config: [],
  kasa_config: [],
  layer_replication: [],
  megatron_config: [],
  monteclora_config: [],
  target_parameters: [],
  trainable_token_indices: [],
  velora_config: [],
};

/** Reads the file's fields for a model. Throws naming the file, the field and the cure. */
export function parsePeftConfig(
  fields: Fields,
  model: ModelConfig,
  source: string,
): PeftConfig {
  for (const [field, plain] of Object.entries(PLAIN_VALUES)) {
    const value = fields[field] ?? null;
    if (value !== null && !plain.includes(value)) {
      refuse(fields, source, field, `plain LoRA is read here; ${MERGE}`);
    }
  }
  const { r: rank, lora_alpha: alpha } = fields;
  if (!isRank(rank)) {
    refuse(fields, source, "r", "it must be a positive integer");
  }
  if (!Number.isFinite(alpha)) {
    refuse(fields, source, "lora_alpha", "it must be a number");
  }
  const stabilised = fields.use_rslora ?? false;
  if (typeof stabilised !== "boolean") {
    refuse(fields, source, "use_rslora", "it must be true or false");
  }
  const savedModules = namesOf(fields, source, "modules_to_save") ?? [];
  const modules = targetedModules(fields, model, savedModules, source);
  const ranks = patternOf(fields, source, "rank_pattern", isRank);
  const alphas = patternOf(fields, source, "alpha_pattern", Number.isFinite);
  const lora: LoraConfig = {
    rank: rank as number,
    alpha: alpha as number,
    targets: LORA_TARGETS.filter((target) =>
      modules.some((name) => name.endsWith(`.${target}`))
    ),
    modules: modules.map((name) => ({
      name,
      rank: ranks(name) ?? rank as number,
      alpha: alphas(name) ?? alpha as number,
    })),
    ...(stabilised === true && { rankStabilised: true }),
  };
  return { lora, savedModules };
}

/** Returns the fields to write, for PEFT and for here. */
export function peftFields(
  { rank, alpha, targets, modules, rankStabilised = false }: LoraConfig,
  savedModules: readonly string[],
  baseModel: string | null,
): Fields {
  const own = (field: "rank" | "alpha", usual: number) =>
    Object.fromEntries(
      (modules ?? []).filter((module) => module[field] !== usual).map((
        module,
      ) => [
        // A pattern, whose dots are only dots.
        `^${module.name.replaceAll(".", "\\.")}`,
        module[field],
      ]),
    );
  return {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: baseModel,
    r: rank,
    lora_alpha: alpha,
    target_modules: modules?.map(({ name }) => name) ?? targets,
    rank_pattern: own("rank", rank),
    alpha_pattern: own("alpha", alpha),
    modules_to_save: savedModules.length > 0 ? savedModules : null,
    lora_dropout: 0,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    use_rslora: rankStabilised,
    use_dora: false,
  };
}

/** Full names of the projections that carry an adapter. */
function targetedModules(
  fields: Fields,
  model: ModelConfig,
  savedModules: readonly string[],
  source: string,
): string[] {
  const targets = fields.target_modules === "all-linear"
    ? [...LORA_TARGETS]
    : namesOf(fields, source, "target_modules", true);
  const excluded = namesOf(fields, source, "exclude_modules", true) ?? [];
  const inLayer = layerFilter(fields, source);
  const isSaved = savedModules.map((name) =>
    pattern(`(?:^|.*\\.)${name}(?:$|\\..*)`, "modules_to_save", source)
  );
  const isTargeted = (name: string) =>
    targets !== null && !matches(excluded, name, "exclude_modules", source) &&
    !isSaved.some((saved) => saved.test(name)) &&
    matches(targets, name, "target_modules", source) &&
    // A pattern says itself which layers it means.
    (typeof targets === "string" || targets.includes(name) || inLayer(name));
  const found = projectionNames(model).filter(isTargeted);
  const other = ["lm_head", "model.embed_tokens"].find(isTargeted);
  if (other !== undefined || found.length === 0) {
    refuse(
      fields,
      source,
      "target_modules",
      other === undefined
        ? `it names none of this model's ${LORA_TARGETS.join(", ")}`
        : `an adapter on ${other} is not read here; ${MERGE}`,
    );
  }
  return found;
}

/** A list means names and ends of names, a string is one pattern for whole names. */
function matches(
  wanted: string | readonly string[],
  name: string,
  field: string,
  source: string,
): boolean {
  return typeof wanted === "string"
    ? pattern(`(?:${wanted})$`, field, source).test(name)
    : wanted.some((one) => name === one || name.endsWith(`.${one}`));
}

/** `layers_to_transform`: the first number in a name has to be among these. */
function layerFilter(
  fields: Fields,
  source: string,
): (name: string) => boolean {
  const field = "layers_to_transform";
  const layers = [fields[field] ?? []].flat();
  if (!layers.every((layer) => Number.isInteger(layer))) {
    refuse(
      fields,
      source,
      field,
      "it must be a layer's number or a list of them",
    );
  }
  const names = [fields.layers_pattern ?? []].flat();
  if (!names.every((name) => name === "layers")) {
    const cure = 'the layers of these models are "layers"';
    refuse(fields, source, "layers_pattern", cure);
  }
  if (layers.length === 0 && names.length > 0) {
    refuse(fields, source, "layers_pattern", `it needs ${field}`);
  }
  if (layers.length === 0) return () => true;
  return (name) => layers.includes(Number(/\.(\d+)\./.exec(name)?.[1] ?? NaN));
}

/** `rank_pattern`, `alpha_pattern`: the value of the first pattern that fits a name's end. */
function patternOf(
  fields: Fields,
  source: string,
  field: "rank_pattern" | "alpha_pattern",
  isValue: (value: unknown) => boolean,
): (name: string) => number | undefined {
  const values = fields[field] ?? {};
  if (
    typeof values !== "object" || Array.isArray(values) ||
    !Object.values(values as Fields).every(isValue)
  ) {
    refuse(fields, source, field, "it must be an object of numbers by name");
  }
  const pairs = Object.entries(values as Record<string, number>).map(
    ([key, value]) =>
      [pattern(`(?:.*\\.)?(?:${key})$`, field, source), value] as const,
  );
  return (name) => pairs.find(([fits]) => fits.test(name))?.[1];
}

/** Returns a pattern from the beginning of a name; Python's are nearly ours. */
function pattern(text: string, field: string, source: string): RegExp {
  try {
    return new RegExp(`^${text}`);
  } catch (error) {
    throw new Error(
      `${source}: ${field} has a pattern that cannot be read here (${
        (error as Error).message
      }); write the names as a list`,
    );
  }
}

function namesOf(
  fields: Fields,
  source: string,
  field: string,
): string[] | null;
function namesOf(
  fields: Fields,
  source: string,
  field: string,
  asPattern: true,
): string | string[] | null;
function namesOf(
  fields: Fields,
  source: string,
  field: string,
  asPattern = false,
) {
  const value = fields[field] ?? null;
  if (value === null || (asPattern && typeof value === "string")) return value;
  const isList = Array.isArray(value) &&
    value.every((name) => typeof name === "string");
  if (!isList) refuse(fields, source, field, "it must be a list of names");
  return value;
}

function isRank(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}

function refuse(
  fields: Fields,
  source: string,
  field: string,
  cure: string,
): never {
  throw new Error(
    `${source}: ${field} is ${JSON.stringify(fields[field])}; ${cure}`,
  );
}
