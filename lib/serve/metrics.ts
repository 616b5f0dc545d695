/** Counts of an environment's server, in the text form of Prometheus. */

export class ServerMetrics {
  readonly #counts = new Map<string, number>();

  /** Counts one more of a name with labels. */
  count(name: string, labels: Readonly<Record<string, string>>): void {
    const key = withLabels(name, labels);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Returns all counts and the given gauges, one a line. */
  text(gauges: Readonly<Record<string, number>>): string {
    const lines = [...this.#counts, ...Object.entries(gauges)];
    const nameOf = (key: string) => key.split("{")[0];
    const types = new Map(lines.map(([key]) => [
      nameOf(key),
      this.#counts.has(key) ? "counter" : "gauge",
    ]));
    return [...types].flatMap(([name, type]) => [
      `# TYPE ${name} ${type}`,
      ...lines.filter(([key]) => nameOf(key) === name)
        .map(([key, value]) => `${key} ${value}`),
    ]).join("\n") + "\n";
  }
}

/** Returns a name with labels. Labels are names of the kit's own, never a client's text. */
export function withLabels(
  name: string,
  labels: Readonly<Record<string, string>>,
): string {
  const inner = Object.entries(labels).map(([label, value]) =>
    `${label}="${value}"`
  );
  return `${name}{${inner.join(",")}}`;
}
