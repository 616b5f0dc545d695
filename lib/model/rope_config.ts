/**
 * The rotary fields of a `config.json`, in both spellings, as `transformers` 5
 * reads them (`RotaryEmbeddingConfigMixin`).
 *
 * Version 4 writes `rope_theta` and `rope_scaling`, version 5 `rope_parameters`
 * with all in it; model cards tell people to add `rope_scaling` to either. Left
 * out: what the frequencies are (rope.ts), LongRoPE, and angles by kind of layer.
 */

/** Rotary scaling, as `config.json` writes it. */
export interface RopeScaling {
  /** `dynamic` computes as `default` up to `max_position_embeddings`. */
  rope_type: "default" | "linear" | "dynamic" | "llama3" | "yarn";
  factor?: number;
  low_freq_factor?: number;
  high_freq_factor?: number;
  original_max_position_embeddings?: number;
  attention_factor?: number;
  beta_fast?: number;
  beta_slow?: number;
  mscale?: number;
  mscale_all_dim?: number;
  truncate?: boolean;
}

type Fields = Record<string, unknown>;

/** The required and optional fields of each kind of scaling; all but `truncate` are positive numbers. */
const ROPE_FIELDS: Record<
  RopeScaling["rope_type"],
  { needed: string[]; allowed: string[] }
> = {
  default: { needed: [], allowed: [] },
  linear: { needed: ["factor"], allowed: [] },
  dynamic: { needed: ["factor"], allowed: [] },
  llama3: {
    needed: ["factor", "low_freq_factor", "high_freq_factor"],
    allowed: ["original_max_position_embeddings"],
  },
  yarn: {
    needed: ["factor"],
    allowed: [
      "original_max_position_embeddings",
      "attention_factor",
      "beta_fast",
      "beta_slow",
      "mscale",
      "mscale_all_dim",
      "truncate",
    ],
  },
};

/** Reads base and scaling. Throws with the file and the field on values that are not supported. */
export function readRope(
  fields: Fields,
  source: string,
): { theta: number; scaling: RopeScaling | null } {
  const parameters = objectAt(fields, "rope_parameters", source);
  const older = objectAt(fields, "rope_scaling", source);
  // The older spelling replaces the newer one whole, its base included.
  const place = Object.keys(older).length > 0
    ? "rope_scaling"
    : "rope_parameters";
  const nested = place === "rope_scaling" ? older : parameters;
  const theta = (nested.rope_theta ?? fields.rope_theta ?? 10000) as number;
  const overlooked = parameters.rope_theta ?? theta;
  if (overlooked !== theta) {
    throw new Error(
      `${source}: rope_parameters.rope_theta is ${show(overlooked)}, but ` +
        `rope_scaling is there too, which replaces rope_parameters, so that the ` +
        `base would be ${show(theta)}: write the scaling into rope_parameters`,
    );
  }
  const kind = String(nested.rope_type ?? nested.type ?? "default");
  if (!Object.hasOwn(ROPE_FIELDS, kind)) {
    throw new Error(
      `${source}: ${place}.rope_type is "${kind}"; ` +
        `${Object.keys(ROPE_FIELDS).map(show).join(", ")} are computed here`,
    );
  }
  refuseParts(fields, nested, place, source);
  if (kind === "default") return { theta, scaling: null };
  const scaling = scalingOf(
    kind as RopeScaling["rope_type"],
    nested,
    `${source}: ${place}`,
  );
  const scales = kind === "llama3" || kind === "yarn";
  if (scales) {
    const original = fields.original_max_position_embeddings ??
      scaling.original_max_position_embeddings ??
      fields.max_position_embeddings;
    scaling.original_max_position_embeddings = original as number;
    checkPositive(
      original,
      `${source}: original_max_position_embeddings`,
      kind,
    );
  }
  return { theta, scaling };
}

/** Returns the fields of a kind, checked; null counts as not there, as in `transformers`. */
function scalingOf(
  kind: RopeScaling["rope_type"],
  nested: Fields,
  place: string,
): RopeScaling {
  const { needed, allowed } = ROPE_FIELDS[kind];
  const scaling: Fields = { rope_type: kind };
  for (const name of [...needed, ...allowed]) {
    const value = nested[name] ?? undefined;
    if (value === undefined && allowed.includes(name)) continue;
    if (name === "truncate") {
      if (typeof value !== "boolean") {
        throw new Error(
          `${place}.truncate is ${show(value)}; it must be true or false`,
        );
      }
    } else checkPositive(value, `${place}.${name}`, kind);
    scaling[name] = value;
  }
  return scaling as unknown as RopeScaling;
}

/** Throws where heads are rotated in part, or differently by layer. */
function refuseParts(
  fields: Fields,
  nested: Fields,
  place: string,
  source: string,
) {
  for (
    const [where, value] of [
      ["partial_rotary_factor", fields.partial_rotary_factor],
      [`${place}.partial_rotary_factor`, nested.partial_rotary_factor],
    ]
  ) {
    if ((value ?? 1) === 1) continue;
    throw new Error(
      `${source}: ${where} is ${show(value)}; heads are rotated whole here`,
    );
  }
  const byLayer = Object.keys(nested).find((name) =>
    typeof nested[name] === "object" && nested[name] !== null &&
    !Array.isArray(nested[name])
  );
  if (byLayer === undefined) return;
  throw new Error(
    `${source}: ${place}.${byLayer} gives a kind of layer angles of its own; all ` +
      `layers are rotated alike here`,
  );
}

function objectAt(fields: Fields, name: string, source: string): Fields {
  const value = fields[name] ?? {};
  if (typeof value === "object" && !Array.isArray(value)) {
    return value as Fields;
  }
  throw new Error(`${source}: ${name} is ${show(value)}; it must be an object`);
}

function checkPositive(value: unknown, place: string, kind: string) {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw new Error(
    `${place} is ${show(value)}; "${kind}" needs a positive number`,
  );
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
