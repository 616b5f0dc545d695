/**
 * Cuts a batch into lanes: their number, and the rows of each.
 *
 * A lane is a part of the batch that a graph computes independently of the others
 * (decode_graph.ts). TensorFlow divides one operation among processors only when
 * it is large; the operations of a small model on a few dozen rows are not, but
 * those of different lanes run at the same time. The cut is the same for the same
 * batch on the same machine; another cut changes the last bits of
 * log-probabilities. Left out: the graph itself.
 */

/**
 * Fewest rows of a lane. On two threads, two lanes of 12 rows are sampled 1.2 times as
 * fast as one lane of 24, and two lanes of 6 only 1.1 times as fast as one of 12.
 */
const ROWS_PER_LANE = 12;

/** Returns the number of lanes for so many rows: at most one per thread on which TensorFlow runs operations. */
export function lanesFor(rows: number): number {
  return Math.max(
    1,
    Math.min(operationThreads(), Math.floor(rows / ROWS_PER_LANE)),
  );
}

/** Returns the number of threads as TensorFlow counts them: by its environment variable, else the processors. */
function operationThreads(): number {
  const given = Number(Deno.env.get("TF_NUM_INTEROP_THREADS"));
  return given > 0 ? given : navigator.hardwareConcurrency;
}

/** Returns the sizes of `lanes` consecutive parts of `count` things, which differ by at most one. */
export function laneSizes(count: number, lanes: number): number[] {
  return Array.from(
    { length: lanes },
    (_, lane) =>
      Math.floor((lane + 1) * count / lanes) - Math.floor(lane * count / lanes),
  );
}
