/** Addresses of servers, and environment variables that may be read. */
import { RemoteError } from "./remote_error.ts";

/** Parses an http(s) address. Throws with an example where the text is not one. */
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

/** Returns an environment variable; undefined where reading it is not permitted. Asks for no permission. */
export function fromEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
