/** Signals by which a task is asked to end, as far as this system has them. */

/** Windows knows no SIGTERM: to listen to it there is an error. */
export const STOPPING: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGHUP"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];
