/** The connection of a kernel and its client: ports on this machine, and a key. */

import { randomUUID } from "node:crypto";

/** The content of a Jupyter connection file. */
export interface Connection {
  transport: string;
  ip: string;
  key: string;
  signature_scheme: string;
  kernel_name: string;
  shell_port: number;
  iopub_port: number;
  stdin_port: number;
  control_port: number;
  hb_port: number;
}

/** Returns a connection with ports that are free at this moment. */
export function newConnection(): Connection {
  const listeners = Array.from(
    { length: 5 },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    key: randomUUID(),
    signature_scheme: "hmac-sha256",
    kernel_name: "deno",
    shell_port,
    iopub_port,
    stdin_port,
    control_port,
    hb_port,
  };
}
