/**
 * The cause of a failed HTTP request: a fault of this machine or of the address, which
 * no waiting cures, or a server that is not reachable yet.
 *
 * The causes are read from the messages of Deno's fetch (2.8.1), which names the phase
 * in which a request ended. Left out: the server's answers.
 */

/** Tells whether a failed fetch certainly never reached the server (Deno names the phase). */
export function neverConnected(cause: string): boolean {
  return /\(Connect\)|connection refused|dns error/i.test(cause);
}

/** Returns the cure where a failed request is the fault of this machine or of the address; else null. */
export function faultHere(cause: string, address: URL): string | null {
  const { host, hostname } = address;
  if (/peer certificate/i.test(cause)) {
    return `this machine does not trust the certificate of ${host}. Behind a ` +
      "company's proxy, name its certificate: DENO_CERT=FILE.pem, or " +
      "DENO_TLS_CA_STORE=system where the system has it";
  }
  if (/corrupt message|InvalidContentType/.test(cause)) {
    return `${host} does not speak https: write http:// in the address`;
  }
  if (/invalid HTTP version/.test(cause)) {
    return `${host} does not speak plain http: write https:// in the address`;
  }
  if (/invalid header value|ByteString/i.test(cause)) {
    return "a header cannot be sent: the key may hold plain letters, digits and " +
      "signs only, in one line";
  }
  if (/dns error/i.test(cause)) {
    return `no machine is called ${hostname}: is the address spelt right, and is ` +
      "there a network?";
  }
  return null;
}

/**
 * Returns the remark that a proxy stands between this process and an address of this very
 * machine; "" where none does. `read` gives an environment variable.
 */
export function proxyRemark(
  { protocol, hostname }: URL,
  read: (variable: string) => string | undefined,
): string {
  const name = hostname.replace(/^\[|\]$/g, "");
  if (!/^(127\.|::1$|localhost$)/.test(name)) return "";
  const variable = [`${protocol.slice(0, -1)}_proxy`, "all_proxy"]
    .flatMap((one) => [one, one.toUpperCase()]).find((one) => read(one));
  if (variable === undefined) return "";
  const spared = (read("no_proxy") ?? read("NO_PROXY") ?? "").split(",")
    .map((entry) => entry.trim());
  if (spared.includes(name) || spared.includes("*")) return "";
  return ` ${variable} sends this request through a proxy: set NO_PROXY=${name} ` +
    "for a server on this machine";
}

/** Seconds that `Retry-After` asks to wait: a number, or a date; null where it is neither. */
export function retryAfterSeconds(
  header: string | null,
  now: number,
): number | null {
  if (header === null) return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, (at - now) / 1000);
}

/** Tells whether a busy answer is final, because the account is used up. */
export function isUsedUp(body: string): boolean {
  return /insufficient_quota|exceeded your (current )?quota|billing/i
    .test(body);
}
