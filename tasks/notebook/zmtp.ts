/**
 * A ZeroMQ client socket over loopback TCP: ZMTP 3.0, mechanism NULL, without a native
 * library.
 *
 * The file has what a client of a Jupyter kernel needs: a SUB socket for the kernel's
 * publications and DEALER sockets for requests. Left out: security mechanisms,
 * reconnection, listening.
 */

import { Buffer } from "node:buffer";

const GREETING_BYTES = 64;
const FLAG_MORE = 1;
const FLAG_LONG = 2;
const FLAG_COMMAND = 4;

/** The kinds of socket a Jupyter client opens. */
export type SocketType = "SUB" | "DEALER";

const encoder = new TextEncoder();

/** Returns one frame: flags, length, payload. */
function encodeFrame(payload: Uint8Array, flags: number): Uint8Array {
  const long = payload.length > 255;
  const headerBytes = long ? 9 : 2;
  const frame = new Uint8Array(headerBytes + payload.length);
  frame[0] = flags | (long ? FLAG_LONG : 0);
  if (long) {
    new DataView(frame.buffer).setBigUint64(1, BigInt(payload.length));
  } else {
    frame[1] = payload.length;
  }
  frame.set(payload, headerBytes);
  return frame;
}

/** The greeting of a client: version 3.0, mechanism NULL. */
function greeting(): Uint8Array {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.set(encoder.encode("NULL"), 12);
  return bytes;
}

/** Returns the READY command that ends the handshake, naming the socket's type. */
function readyCommand(type: SocketType): Uint8Array {
  const property = (name: string, value: string): Uint8Array => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, value.length);
    return Buffer.concat([
      Uint8Array.of(name.length),
      encoder.encode(name),
      length,
      encoder.encode(value),
    ]);
  };
  return Buffer.concat([
    Uint8Array.of("READY".length),
    encoder.encode("READY"),
    property("Socket-Type", type),
    ...(type === "DEALER" ? [property("Identity", "")] : []),
  ]);
}

/** Reads exact numbers of bytes from a connection that delivers arbitrary ones. */
class ByteReader {
  #pending: Uint8Array = new Uint8Array(0);
  readonly #chunk = new Uint8Array(1 << 18);

  constructor(private readonly connection: Deno.Conn) {}

  /** Returns the next `count` bytes. Throws when the other side has closed. */
  async take(count: number): Promise<Uint8Array> {
    if (this.#pending.length < count) await this.#fill(count);
    const taken = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return taken;
  }

  async #fill(count: number): Promise<void> {
    const parts = [this.#pending];
    let have = this.#pending.length;
    while (have < count) {
      const read = await this.connection.read(this.#chunk);
      if (read === null) throw new Error("the kernel closed the connection");
      parts.push(this.#chunk.slice(0, read));
      have += read;
    }
    this.#pending = Buffer.concat(parts);
  }
}

/** A connected socket that sends and receives multi-part messages. */
export class ZmtpSocket {
  /** Sends are chained, so that messages never interleave. */
  #lastSend: Promise<void> = Promise.resolve();

  private constructor(
    private readonly connection: Deno.Conn,
    private readonly reader: ByteReader,
  ) {}

  /** Connects and shakes hands. A SUB socket is subscribed to everything. */
  static async connect(port: number, type: SocketType): Promise<ZmtpSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const reader = new ByteReader(connection);
    const socket = new ZmtpSocket(connection, reader);
    try {
      await socket.#write(greeting());
      await reader.take(GREETING_BYTES);
      await socket.#write(encodeFrame(readyCommand(type), FLAG_COMMAND));
      await socket.#readFrame();
      if (type === "SUB") await socket.send([Uint8Array.of(1)]);
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Sends one message made of `parts`. */
  send(parts: readonly Uint8Array[]): Promise<void> {
    const last = parts.length - 1;
    const bytes = Buffer.concat(
      parts.map((part, i) => encodeFrame(part, i < last ? FLAG_MORE : 0)),
    );
    const sent = this.#lastSend.then(() => this.#write(bytes));
    this.#lastSend = sent.catch(() => {});
    return sent;
  }

  /** Returns the next message. Throws when the connection has closed. */
  async receive(): Promise<Uint8Array[]> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const frame = await this.#readFrame();
      if (frame.flags & FLAG_COMMAND) continue;
      parts.push(frame.payload);
      if (!(frame.flags & FLAG_MORE)) return parts;
    }
  }

  /** Closes the connection; a pending `receive` throws. Safe to call twice. */
  close(): void {
    try {
      this.connection.close();
    } catch {
      // Already closed.
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      written += await this.connection.write(bytes.subarray(written));
    }
  }

  async #readFrame(): Promise<{ flags: number; payload: Uint8Array }> {
    const flags = (await this.reader.take(1))[0];
    let length: number;
    if (flags & FLAG_LONG) {
      const { buffer, byteOffset } = await this.reader.take(8);
      length = Number(new DataView(buffer, byteOffset).getBigUint64(0));
    } else {
      length = (await this.reader.take(1))[0];
    }
    return { flags, payload: await this.reader.take(length) };
  }
}
