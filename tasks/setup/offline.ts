/**
 * The switch that forbids set-up every use of the network: `KIT_OFFLINE=1`. It serves
 * machines whose network hangs instead of refusing, and the test that a second run needs
 * no network.
 */

/** Tells whether `KIT_OFFLINE` is set to anything but `0` or nothing. */
export function isOffline(): boolean {
  const value = Deno.env.get("KIT_OFFLINE") ?? "";
  return value !== "" && value !== "0";
}

/** Throws an error that names `address` when the network is switched off. */
export function assertNetworkAllowed(address: string): void {
  if (isOffline()) {
    throw new Error(
      `KIT_OFFLINE forbids fetching ${address}; unset it and try again`,
    );
  }
}
