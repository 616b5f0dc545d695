/** A small server on 127.0.0.1 that keeps what it is asked and answers as it is told. */
import type { JsonObject } from "../../lib/engines/http.ts";

export class AnsweringServer implements AsyncDisposable {
  readonly bodies: JsonObject[] = [];
  readonly headers: Headers[] = [];
  readonly paths: string[] = [];
  readonly url: string;
  #server: Deno.HttpServer<Deno.NetAddr>;

  /** `answer` gives a `Response`, or an object that is sent as JSON. */
  constructor(answer: (body: JsonObject, path: string) => unknown) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const path = new URL(request.url).pathname;
        const body = request.method === "POST" ? await request.json() : {};
        this.bodies.push(body);
        this.headers.push(request.headers);
        this.paths.push(path);
        const result = await answer(body, path);
        return result instanceof Response ? result : Response.json(result);
      },
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  async [Symbol.asyncDispose]() {
    await this.#server.shutdown();
  }
}
