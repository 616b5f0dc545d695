/** The word that was probably meant, for messages about one that is not known. */

/** " Did you mean …?" where a word is a slip or two away from a known one, else "". */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = [...known]
    .map((name) => ({ name, slips: distance(word, name) }))
    .filter(({ name, slips }) => slips <= Math.max(2, name.length / 3))
    .sort((a, b) => a.slips - b.slips).at(0);
  return near === undefined ? "" : ` Did you mean ${near.name}?`;
}

/** Returns the known names in a row, with the one that was probably meant. */
export function known(word: string, names: readonly string[]): string {
  return `${names.join(", ")}.${didYouMean(word, names)}`.replace(/\.$/, "");
}

/** Letters to insert, leave out or replace, upper and lower case alike (Levenshtein, 1966). */
function distance(from: string, to: string): number {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
