/** Commands to be pasted back: with the words by which this machine starts tasks, and whole paths. */

/** Returns `deno task …` as it was started: a machine without Deno on its path has npx. */
export function taskCommand(
  task: string,
  words: readonly string[],
  read: (variable: string) => string | undefined = Deno.env.get,
): string {
  const npx = read("npm_command") === "exec";
  const start = npx ? `npx -y deno@${Deno.version.deno}` : "deno";
  return [start, "task", task, ...words.map(quoted)].join(" ");
}

/** Returns a word as a shell takes it for one, blanks and all. */
export function quoted(word: string): string {
  if (/^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
