/** The dialects by name: those of the method, and those that an extra registers. */

import { Registry } from "../registry.ts";
import { chatDialect } from "./chat.ts";
import { compactDialect } from "./compact.ts";
import type { Dialect, DialectName } from "./dialect.ts";

const dialects = new Registry<DialectName, Dialect>("dialect", [
  ["compact", compactDialect],
  ["chat", chatDialect],
]);

/** Registers a dialect by its name. */
export function registerDialect(dialect: Dialect): void {
  dialects.add(dialect.name, dialect);
}

/** Returns a dialect. Throws `RangeError` with the cure where it is not registered. */
export function dialectNamed(name: DialectName): Dialect {
  return dialects.get(name);
}
