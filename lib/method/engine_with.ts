/** An engine with some of its verbs replaced. */

import type { Engine } from "./engine.ts";

/** Returns the engine with verbs of `own` in place of its own. Everything else is the engine's. */
export function engineWith(engine: Engine, own: Partial<Engine>): Engine {
  return new Proxy(engine, {
    get(_, key) {
      if (Object.hasOwn(own, key)) return Reflect.get(own, key);
      const value: unknown = Reflect.get(engine, key, engine);
      return typeof value === "function" ? value.bind(engine) : value;
    },
  });
}
