/**
 * Fenced blocks in a model's answer, as models write them.
 *
 * Besides the fence that the prompt asks for, these are read: one without a tag or
 * with another spelling of it (`python3`), words after the tag, an indented fence,
 * a whole fence on one line, and a closing mark at the end of the last line. Marks
 * of more than three backticks close with as many.
 */

import type { Language } from "../../sandbox/mod.ts";

/** The tags of a program in each language; the first is the one that prompts use. */
export const FENCE_TAGS: Record<Language, readonly string[]> = {
  python: ["python", "py", "python3", "py3"],
  javascript: ["javascript", "js"],
  typescript: ["typescript", "ts"],
};

/** Tags of what is no program. */
export const VALUE_TAGS = ["input", "output", "message"] as const;
export type ValueTag = typeof VALUE_TAGS[number];

const KNOWN_TAGS: readonly string[] = [
  ...Object.values(FENCE_TAGS).flat(),
  ...VALUE_TAGS,
];

/** A block: its tag in lower case, or "", and its text without common indentation. */
export interface Fence {
  tag: string;
  text: string;
  /** Offsets of the whole block, marks included. */
  from: number;
  to: number;
}

/** Returns a block for a prompt. The marks are longer than any in the text, so that it cannot end the block. */
export function fence(tag: string, text: string): string {
  const runs = text.match(/`{3,}/g) ?? [];
  const mark = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${mark}${tag}\n${text}\n${mark}`;
}

/** Returns all closed blocks, in order. */
export function fences(text: string): Fence[] {
  const found: Fence[] = [];
  const opening = /(`{3,})([^\n]*)/g;
  for (let open; (open = opening.exec(text)) !== null;) {
    const [, mark, info] = open;
    const from = open.index;
    const isOneLine = info.includes(mark);
    const start = isOneLine ? from + mark.length : opening.lastIndex + 1;
    const length = isOneLine
      ? info.indexOf(mark)
      : closing(text.slice(start), mark);
    if (length < 0) break;
    const to = start + length + mark.length;
    const inside = text.slice(start, start + length);
    const words = isOneLine ? inside : info;
    const tag = /^\s*([\w+-]*)/.exec(words)![1].toLowerCase();
    const isTag = KNOWN_TAGS.includes(tag) || !isOneLine;
    const body = isOneLine && isTag
      ? inside.trimStart().slice(tag.length)
      : inside;
    found.push({ tag: isTag ? tag : "", text: dedented(body), from, to });
    opening.lastIndex = to;
  }
  return found;
}

/** Returns the end of a block: a mark that begins or ends a line, or is followed by a blank; -1 where there is none. */
function closing(rest: string, mark: string): number {
  const end = new RegExp(`(?<=^[ \\t]*)${mark}|${mark}(?!\`)(?=\\s|$)`, "m");
  return end.exec(rest)?.index ?? -1;
}

/** Without empty lines around it and the indentation that all its lines share. */
function dedented(text: string): string {
  const lines = text.replace(/^(?:[ \t]*\n)+|\s+$/g, "").split("\n");
  const indents = lines.filter((line) => line.trim() !== "")
    .map((line) => line.length - line.trimStart().length);
  const shared = Math.min(...indents, Infinity);
  return lines.map((line) => line.slice(shared === Infinity ? 0 : shared))
    .join("\n");
}

/**
 * Returns the contents of all blocks with one of the given tags, as the prompt asks for
 * them: marks alone on their lines but for the tag.
 */
export function fencedBlocks(text: string, tags: readonly string[]): string[] {
  const blocks: string[] = [];
  let open: { tag: string; lines: string[] } | null = null;
  for (const line of text.split("\n")) {
    const mark = line.trim();
    if (open === null) {
      if (mark.startsWith("```")) open = { tag: mark.slice(3), lines: [] };
    } else if (mark === "```") {
      if (tags.includes(open.tag.trim().toLowerCase())) {
        blocks.push(open.lines.join("\n"));
      }
      open = null;
    } else open.lines.push(line);
  }
  return blocks;
}
