/** Where a server is, and what the environment says of the way there. */
import { RemoteError } from "./remote_error.ts";

/** Parses an http(s) address, or says what one looks like. */
export function serverAddress(
  service: string,
  url: string,
  example: string,
): URL {
  const parsed = URL.parse(url);
  if (parsed && /^https?:$/.test(parsed.protocol)) return parsed;
  throw new RemoteError(
    service,
    "url",
    `"${url}" is not an http(s) address; give for example ${example}`,
  );
}

/** An environment variable, where reading it is permitted; never asks. */
export function fromEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
