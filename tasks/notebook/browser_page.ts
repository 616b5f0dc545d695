/** A page of a browser without a window, driven by Chromium's debugging protocol. */

const READY_MS = 120_000;

/** A page, as wide as a desk's or a phone's screen, light or dark. */
export interface Screen {
  width: number;
  height: number;
  dark: boolean;
}

/** A part of a page, in pixels from its upper left corner. */
export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A message of the debugging protocol, as far as it is read here. */
interface Message {
  id?: number;
  error?: { message: string };
  result?: Record<string, unknown>;
  method?: string;
  params?: Record<string, unknown>;
}

/** The answer to an expression. */
interface Evaluated {
  result: { value?: unknown };
  exceptionDetails?: Thrown;
}

interface Thrown {
  text: string;
  exception?: { description?: string };
}

/** A page of a headless browser of its own. */
export class BrowserPage {
  /** Errors of scripts and files that did not load, since `goTo`. */
  errors: string[] = [];
  #lastId = 0;
  readonly #waiting = new Map<number, (answer: Message) => void>();

  private constructor(
    private readonly process: Deno.ChildProcess,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.onmessage = ({ data }) => {
      const message: Message = JSON.parse(data);
      if (message.id) this.#waiting.get(message.id)?.(message);
      else this.errors.push(...errorsIn(message));
    };
  }

  /** Starts a browser on a page. */
  static async open(
    browser: string,
    address = "about:blank",
  ): Promise<BrowserPage> {
    const port = freePort();
    const profile = await Deno.makeTempDir({ prefix: "browser-" });
    const process = new Deno.Command(browser, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        `--remote-debugging-port=${port}`,
        `--user-data-dir=${profile}`,
        "--window-size=1200,1600",
        address,
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const target = await firstPage(port);
    const socket = new WebSocket(target);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const page = new BrowserPage(process, profile, socket);
    for (const domain of ["Page", "Runtime", "Log"]) {
      await page.#send(`${domain}.enable`);
    }
    return page;
  }

  /** Sets the size of the page and whether its reader prefers dark pages. */
  async use({ width, height, dark }: Screen): Promise<void> {
    await this.#send("Emulation.setDeviceMetricsOverride", {
      ...{ width, height, deviceScaleFactor: 1, mobile: false },
    });
    const value = dark ? "dark" : "light";
    const features = [{ name: "prefers-color-scheme", value }];
    await this.#send("Emulation.setEmulatedMedia", { features });
  }

  /** Opens an address and waits until an expression on the page is true. */
  async goTo(url: string, ready: string): Promise<void> {
    this.errors = [];
    await this.#send("Page.navigate", { url });
    await this.until(`location.href !== "about:blank" && (${ready})`, READY_MS);
  }

  /** Writes a picture of a part of the page. */
  async picture(path: string, place: Place): Promise<void> {
    const clip = { ...place, scale: 1 };
    const { data } = await this.#send("Page.captureScreenshot", {
      ...{ format: "png", captureBeyondViewport: true, clip },
    });
    await Deno.writeFile(
      path,
      Uint8Array.from(atob(String(data)), (c) => c.charCodeAt(0)),
    );
  }

  /** Returns the value of an expression, awaited if it is a promise. */
  async evaluate(
    expression: string,
    timeoutMs = READY_MS,
  ): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const answer = await this.#send("Runtime.evaluate", params, timeoutMs);
    const { result, exceptionDetails } = answer as unknown as Evaluated;
    if (exceptionDetails) throw new Error(textOf(exceptionDetails));
    return result.value;
  }

  /** Waits until an expression is true. */
  async until(expression: string, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (await this.evaluate(expression, timeoutMs) !== true) {
      if (performance.now() > deadline) {
        throw new Error(`not true within ${timeoutMs} ms: ${expression}`);
      }
      await pause(100);
    }
  }

  /** Ends the browser; its children may write to the profile for a moment longer. */
  async close(): Promise<void> {
    this.socket.close();
    this.process.kill("SIGTERM");
    await this.process.status;
    for (let left = 20;; left--) {
      try {
        return await Deno.remove(this.profile, { recursive: true });
      } catch (error) {
        if (left === 0) throw error;
        await pause(100);
      }
    }
  }

  async #send(
    method: string,
    params: Record<string, unknown> = {},
    timeoutMs = READY_MS,
  ): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    const answered = new Promise<Message>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#waiting.set(id, (answer) => {
        clearTimeout(late);
        this.#waiting.delete(id);
        resolve(answer);
      });
    });
    this.socket.send(JSON.stringify({ id, method, params }));
    const { error, result = {} } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}

/** Returns what a message says of an error: of a script, or of a file that did not load. */
function errorsIn({ method, params = {} }: Message): string[] {
  if (method === "Runtime.exceptionThrown") {
    return [textOf(params.exceptionDetails as Thrown)];
  }
  if (method !== "Log.entryAdded") return [];
  const { level, text } = params.entry as { level: string; text: string };
  return level === "error" ? [text] : [];
}

function textOf({ text, exception }: Thrown): string {
  return exception?.description ?? text;
}

/** Returns the address at which the browser's page is driven. */
async function firstPage(port: number): Promise<string> {
  const list = await answering(`http://127.0.0.1:${port}/json/list`);
  const targets: { type: string; webSocketDebuggerUrl: string }[] = await list
    .json();
  const target = targets.find(({ type }) => type === "page");
  if (!target) throw new Error("the browser opened no page");
  return target.webSocketDebuggerUrl;
}

/** Returns a port of this machine that nothing uses. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Fetches an address again and again until something answers. */
export async function answering(address: string): Promise<Response> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    try {
      return await fetch(address);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(100);
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
