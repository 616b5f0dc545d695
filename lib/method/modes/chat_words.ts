/**
 * The words of the chat dialect: what proposers and solvers are asked, mode by mode.
 * The transcript around a question is in `chat.ts`, the reading of responses in
 * `chat_reading.ts`.
 */

import {
  defaultPolicy,
  type Language,
  policySentences,
} from "../../sandbox/mod.ts";
import type { BuildingBlocks } from "./dialect.ts";
import { fence, FENCE_TAGS, type ValueTag } from "./fences.ts";
import type { Example, ModeName, Task } from "./task.ts";

/** Inputs an induction proposal is asked for; half are shown (paper, section 3.2). */
export const INDUCTION_INPUTS = 10;

const LANGUAGE_TITLES: Record<Language, string> = {
  python: "Python",
  javascript: "JavaScript",
  typescript: "TypeScript",
};

const EXAMPLES: Record<Language, { program: string; argument: string }> = {
  python: {
    program: "def f(name, info):\n    # several steps\n    return result",
    argument: "'John', {'age': 20, 'city': 'New York'}",
  },
  javascript: {
    program:
      "function f(name, info) {\n  // several steps\n  return result;\n}",
    argument: '"John", {"age": 20, "city": "New York"}',
  },
  typescript: {
    program:
      "function f(name: string, info: object): string {\n  // several steps\n  return result;\n}",
    argument: '"John", {"age": 20, "city": "New York"}',
  },
};

function programRequirements(language: Language): string {
  return [
    "- The entry function is named `f`; it may use nested functions and classes of its own",
    "- `f` has at least one parameter and returns a value",
    "- The same input always gives the same output",
    "- Following what it does takes keeping track of state over several steps",
    "- No randomness, dates or times, input or output, printing, logging, files, network, or state outside the program",
    "- It finishes within 10 seconds on an ordinary processor",
    "- Imports and class definitions stand at the top; nothing follows the definition of `f`",
    ...policySentences(defaultPolicy, language).map((text) => `- ${text}`),
  ].join("\n");
}

/** Asks a proposer for a program and one input for it. */
export function proposeTriplet(
  mode: ModeName,
  references: readonly Task[],
  language: Language,
  blocks?: BuildingBlocks,
): string {
  const { difficulty } = chatWords(mode);
  const title = LANGUAGE_TITLES[language];
  const example = EXAMPLES[language];
  const shown = references.map(({ program, examples }, i) =>
    [
      `<snippet_${i}>`,
      fence(FENCE_TAGS[program.language][0], program.source),
      fence("input", examples[0].argument),
      fence("output", examples[0].output),
      `</snippet_${i}>`,
    ].join("\n")
  );
  const inspiration = shown.length === 0
    ? ""
    : "\nBelow are reference snippets. Take inspiration from them, but make " +
      `something clearly different.\n\n### References\n${shown.join("\n")}`;
  return `## Task: invent a ${title} program and one input for it\n` +
    `Write a new ${title} function \`f\` and exactly one input to call it with. ` +
    `Your task will be given to a solver. ${difficulty}\n\n` +
    `### Requirements on the program\n${programRequirements(language)}\n\n` +
    "### Requirements on the input\n" +
    "- Exactly one call's arguments, as literals separated by commas\n" +
    "- Strings are in quotes\n\n" +
    "### Form of the answer\n" +
    `${fence(FENCE_TAGS[language][0], example.program)}\n` +
    `${fence("input", example.argument)}\n\n` +
    "### What makes it good\n" +
    "- It runs: the program is correct and accepts the input\n" +
    `- It is hard: ${difficulty.toLowerCase()}\n` +
    "- It is new: an idea that the references do not have\n" +
    "First think about the idea, then write program and input." +
    inspiration + buildingBlocks(language, blocks);
}

/** Shows the functions that a composite program has to call. */
function buildingBlocks(language: Language, blocks?: BuildingBlocks): string {
  if (!blocks) return "";
  const names = blocks.names.map((name) => `\`${name}\``).join(", ");
  return "\n\n### Building blocks\nThese functions exist already:\n" +
    `${fence(FENCE_TAGS[language][0], blocks.source)}\n` +
    `\`f\` has to call each of ${names}, must not define any of them again, ` +
    "and has to do something of its own with their results.";
}

/** Asks a proposer for inputs to a program, and a message. */
export function proposeInputs(reference: Task): string {
  const { program } = reference;
  const blocks = [1, 2].map((i) => fence("input", `arguments ${i}`)).join("\n");
  return `## Task: write ${INDUCTION_INPUTS} inputs and a message for a program\n` +
    `Here is a ${LANGUAGE_TITLES[program.language]} program:\n` +
    `${fence(FENCE_TAGS[program.language][0], program.source)}\n\n` +
    `Write ${INDUCTION_INPUTS} different inputs for \`f\` and one message. A ` +
    "solver will see the message and some of the inputs with their outputs, " +
    "and must find the program.\n\n" +
    "### Requirements\n" +
    "- Each input is one call's arguments, as literals separated by commas, in its own fence\n" +
    "- Together the inputs show everything the program does\n" +
    "- The message is a hint or a question about the program, and does not contain it\n" +
    "- Finding the program should be hard, but possible\n\n" +
    `### Form of the answer\n${blocks}\n(and so on)\n` +
    `${fence("message", "your message")}`;
}

/** The words of a mode in the chat dialect. */
export interface ChatWords {
  /** Sentence for the proposer on the difficulty of the mode's tasks. */
  difficulty: string;
  /** Asks the solver. */
  question(task: Task, page: TaskPage): string;
  /** The tag of the fence that holds the answer; null where the answer is a program. */
  answerTag: ValueTag | null;
}

/** The parts of a page that every question uses. */
interface TaskPage {
  /** The language's name. */
  title: string;
  /** The program in a fence. */
  source: string;
  /** The tag of a fence with a program. */
  tag: string;
  fence(tag: string, text: string): string;
}

const WORDS = new Map<ModeName, ChatWords>([
  ["deduction", {
    difficulty:
      "Predicting the OUTPUT from the program and the input should take many steps of careful reasoning.",
    question: ({ examples }, { title, source }) =>
      "## Task: find the output\n" +
      `What does \`f\` return for this input?\n${source}\n` +
      `${fence("input", examples[0].argument)}\n\n` +
      `Give the value as a ${title} literal, strings in quotes, in a fence:\n` +
      fence("output", "value"),
    answerTag: "output",
  }],
  ["abduction", {
    difficulty:
      "Finding an INPUT from the program and the output should take many steps of careful reasoning.",
    question: ({ examples }, { source }) =>
      "## Task: find an input\n" +
      `Give one input for which \`f\` returns this output.\n${source}\n` +
      `${fence("output", examples[0].output)}\n\n` +
      "Give the arguments as literals separated by commas, strings in " +
      `quotes, in a fence:\n${fence("input", "arguments")}`,
    answerTag: "input",
  }],
  ["induction", {
    difficulty: "",
    question: (task, { title, tag }) =>
      `## Task: find the program\n` +
      `Write a ${title} function \`f\` that gives all of these outputs and ` +
      "those of further inputs which are kept hidden.\n" +
      `${shownExamples(task.examples.slice(0, task.shownCount))}\n` +
      `${fence("message", task.message)}\n\n` +
      `### Requirements\n${programRequirements(task.program.language)}\n` +
      "- Do not list the examples case by case\n\n" +
      `Give the program in a fence:\n${fence(tag, "program")}`,
    answerTag: null,
  }],
]);

/** Adds the words for a mode. */
export function registerChatWords(mode: ModeName, words: ChatWords): void {
  WORDS.set(mode, words);
}

/** Returns the words for a mode. Throws `RangeError` where there are none. */
export function chatWords(mode: ModeName): ChatWords {
  const words = WORDS.get(mode);
  if (words) return words;
  throw new RangeError(`the chat dialect has no words for the mode "${mode}"`);
}

/** Asks a solver for the answer to a task. */
export function solverQuestion(task: Task): string {
  const { language, source } = task.program;
  const [tag] = FENCE_TAGS[language];
  return chatWords(task.mode).question(task, {
    title: LANGUAGE_TITLES[language],
    source: fence(tag, source),
    tag,
    fence,
  });
}

function shownExamples(examples: readonly Example[]): string {
  return examples.map(({ argument, output }, i) =>
    `${fence(`input_${i}`, argument)}\n${fence(`output_${i}`, output)}`
  ).join("\n");
}
