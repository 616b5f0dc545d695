/**
 * An error that only the user can cure, such as a full disk. Its message is one line
 * and names the cure. Defects of the kit are other errors and keep their stack trace.
 */
export class SetupProblem extends Error {
  /** `what`: the fault. `cure`: the action that mends it, as an imperative sentence. */
  constructor(what: string, readonly cure: string) {
    super(`${what}; ${cure}`);
    this.name = "SetupProblem";
  }
}

/** Returns the first line of a thrown value's message. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0].trim();
}

/**
 * Returns the cure of an error of the disk or the network, told from its message.
 * `place` is the address that could not be reached, `again` the command to repeat.
 */
export function cureOf(
  error: unknown,
  place: string,
  again = "run `deno task setup` again",
): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/certificate|UnknownIssuer|\bSSL/i.test(text)) {
    return "this machine does not trust the server's certificate. Behind a company's " +
      "proxy, name the company's certificate: DENO_CERT=FILE.pem, or " +
      "DENO_TLS_CA_STORE=system where the system has it (PIP_CERT for pip, " +
      `SSL_CERT_FILE for uv), and ${again}`;
  }
  if (/\b(401|403|407)\b/.test(text)) {
    return `${place} requires a password: write the password into the address ` +
      `(https://USER:PASSWORD@…) and ${again}`;
  }
  if (/os error 28|ENOSPC|no space left/i.test(text)) {
    return `the disk is full: free 2 GB and ${again}`;
  }
  if (
    /os error (13|30)\b|EACCES|EROFS|permission denied|read-only/i.test(text)
  ) {
    return `make the project's folder writable, or work in a copy of it, and ${again}`;
  }
  return `connect to ${place} and ${again}`;
}

/** Turns an error of the network or the disk into a `SetupProblem`; returns any other error as it is. */
export function asProblem(error: unknown, again?: string): unknown {
  const text = firstLine(error);
  const isOutside = error instanceof Error &&
    /error sending request|reading a body|os error \d|the server answered|no answer for|KIT_OFFLINE/
      .test(text);
  return isOutside
    ? new SetupProblem(text, cureOf(error, "the network", again))
    : error;
}
