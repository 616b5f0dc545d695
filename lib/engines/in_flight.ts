/** Many calls to a server at once, up to a limit. */

/**
 * Maps with at most `limit` calls under way; results in the order of the items.
 * After a failure no new call begins, and the error is thrown when all calls under way
 * have ended.
 */
export async function inFlight<T, R>(
  items: readonly T[],
  limit: number,
  call: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const failures: unknown[] = [];
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      const i = next++;
      try {
        results[i] = await call(items[i]);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** Returns the work's result, or the signal's reason as soon as it is aborted; the work is then left alone. */
export async function unlessStopped<T>(
  work: Promise<T>,
  stop: AbortSignal | undefined,
): Promise<T> {
  if (stop === undefined) return await work;
  work.catch(() => {});
  const stopped = Promise.withResolvers<never>();
  const onAbort = () => stopped.reject(stop.reason);
  if (stop.aborted) onAbort();
  stop.addEventListener("abort", onAbort);
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    stop.removeEventListener("abort", onAbort);
  }
}
