/**
 * Keeps TensorFlow's notices off the terminal while its library loads.
 *
 * The library writes them before it reads TF_CPP_MIN_LOG_LEVEL, or as errors, so no
 * variable stops them that would not stop true errors. On Linux this process's stderr
 * is a pipe during the loading; what is no known notice is written on afterwards. On
 * other systems, and without permission for FFI, the notices stay.
 */

/** Notices of a library that works: that logging has not begun, and what oneDNN is used for. */
const NOTICE =
  /absl::InitializeLog\(\)|oneDNN custom operations are on|oneDNN supports \w+ only on platforms|rebuild TensorFlow with the appropriate compiler flags|optimized to use available CPU instructions/;

const STDERR = 2;
/** O_NONBLOCK | O_CLOEXEC: more than the pipe holds is lost instead of waited for. */
const PIPE_FLAGS = 0o4000 | 0o2000000;

const SYMBOLS = {
  dup: { parameters: ["i32"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const;

/** Runs a function and returns its result; known notices that it writes to stderr are dropped. */
export function withoutNotices<T>(run: () => T): T {
  const libc = openLibc();
  if (libc === null) return run();
  const { dup, dup2, close, pipe2, read } = libc.symbols;
  const ends = new Int32Array(2);
  const terminal = dup(STDERR);
  if (terminal < 0 || pipe2(ends, PIPE_FLAGS) !== 0) return run();
  dup2(ends[1], STDERR);
  close(ends[1]);
  try {
    return run();
  } finally {
    dup2(terminal, STDERR);
    close(terminal);
    const bytes = new Uint8Array(65536);
    const length = Number(read(ends[0], bytes, BigInt(bytes.length)));
    close(ends[0]);
    libc.close();
    writeOn(new TextDecoder().decode(bytes.subarray(0, Math.max(0, length))));
  }
}

/** Returns the C library, or null where it cannot be called. */
function openLibc() {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS);
  } catch {
    return null; // another C library, or no permission
  }
}

function writeOn(text: string): void {
  const kept = text.split(/(?<=\n)/).filter((line) => !NOTICE.test(line));
  if (kept.length > 0) {
    Deno.stderr.writeSync(new TextEncoder().encode(kept.join("")));
  }
}
