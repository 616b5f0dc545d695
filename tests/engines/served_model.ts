/** A local model behind the plainest OpenAI-compatible server: text in, text out. */
import type { LocalEngine } from "../../lib/engines/local.ts";
import type { Tokenizer } from "../../lib/model/mod.ts";

interface CompletionsRequest {
  model: string;
  prompt: string;
  n: number;
  max_tokens: number;
  seed: number;
  temperature: number;
  top_p: number;
  stop?: string[];
}

export class ServedModel implements AsyncDisposable {
  readonly url: string;
  readonly requests: CompletionsRequest[] = [];
  readonly keys: (string | null)[] = [];
  #server: Deno.HttpServer<Deno.NetAddr>;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(readonly engine: LocalEngine, readonly tokenizer: Tokenizer) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const body: CompletionsRequest = await request.json();
        this.requests.push(body);
        this.keys.push(request.headers.get("authorization"));
        // One after another: the model is one.
        const turn = this.#queue.then(() => this.#complete(body));
        this.#queue = turn;
        return Response.json({ choices: await turn });
      },
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  async #complete({ prompt, stop = [], ...body }: CompletionsRequest) {
    const { tokenizer } = this;
    const [samples] = await this.engine.sample([{
      promptTokens: tokenizer.encode(prompt),
      count: body.n,
      maxNewTokens: body.max_tokens,
      seed: body.seed,
    }], {
      temperature: body.temperature,
      topP: body.top_p,
      stopTokens: [tokenizer.eosId],
    });
    return samples.map(({ tokens, finish }) => {
      const text = tokenizer.decode(tokens);
      const ends = stop.map((one) => text.indexOf(one)).filter((at) => at >= 0);
      return ends.length === 0
        ? { text, finish_reason: finish }
        : { text: text.slice(0, Math.min(...ends)), finish_reason: "stop" };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
