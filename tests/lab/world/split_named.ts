import type { Split, SplitSet } from "../../../lib/lab/world/splits.ts";

/** Returns the split of that name and kind; throws with the known names otherwise. */
export function splitNamed(
  { splits }: SplitSet,
  name: string,
  kind: Split["kind"],
): Split {
  const found = splits.find((split) =>
    split.name === name && split.kind === kind
  );
  if (found) return found;
  const known = splits.map((split) => `${split.name}/${split.kind}`).join(", ");
  throw new RangeError(`no split ${name}/${kind}; there are: ${known}`);
}
