/** What can go wrong on the way to a server, as errors that say what to do. */

/** A remote engine's call failed. The message names the endpoint, the field and the cure. */
export class RemoteError extends Error {
  override name = "RemoteError";
  constructor(
    readonly service: string,
    readonly endpoint: string,
    message: string,
  ) {
    super(`${service} ${endpoint}: ${message}`);
  }
}

/** The connection broke after the request was sent: it may or may not have been carried out. */
export class UncertainError extends RemoteError {
  override name = "UncertainError";
}

/** Nobody answered for as long as we were told to wait. */
export class UnreachableError extends RemoteError {
  override name = "UnreachableError";
}

/** The start of a text, for an error message. */
export function excerpt(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
