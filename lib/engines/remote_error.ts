/** The errors of remote engines. */

/** The error of a remote call. The message names the endpoint, the field and the cure. */
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

/** The error of a connection lost after the request was sent, which the server may have carried out. */
export class UncertainError extends RemoteError {
  override name = "UncertainError";
}

/** The error of a server that could not be reached within the time limit. */
export class UnreachableError extends RemoteError {
  override name = "UnreachableError";
}

/** Returns the start of a text, for an error message. */
export function excerpt(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
