/** Drawings of the structures that the notebooks explain, one function each. */

import { MODE_NAMES } from "../../lib/method/modes/task.ts";
import {
  MODE_COLOURS,
  OTHER_COLOURS,
  REFERENCE_COLOUR,
} from "../../lib/show/figures/style.ts";
import type { Drawing } from "../../lib/show/notebook/show.ts";
import {
  arrow,
  box,
  disc,
  drawing,
  line,
  note,
  text,
} from "./drawing_parts.ts";

/** Colours of who acts: the model, the sandbox, arithmetic. */
const [MODEL, SANDBOX, ARITHMETIC] = [
  OTHER_COLOURS[0],
  OTHER_COLOURS[1],
  OTHER_COLOURS[5],
];

/** One step of the method. */
export function loopDrawing(): Drawing {
  const size = [150, 60] as const;
  return drawing(
    "A step: propose, validate, solve, reward, advantage, update; valid tasks join the buffers",
    370,
    [
      box([20, 20], [335, 50], ["task buffers"], { colour: SANDBOX }),
      arrow([[95, 70], [95, 140]], "K old tasks"),
      arrow([[280, 140], [280, 70]], "valid tasks"),
      box([20, 140], size, ["1 propose", "the model"], { colour: MODEL }),
      arrow([[170, 170], [205, 170]]),
      box([205, 140], size, ["2 validate", "the sandbox"], { colour: SANDBOX }),
      arrow([[355, 170], [390, 170]]),
      box([390, 140], size, ["3 solve", "model, sandbox"], { colour: MODEL }),
      arrow([[465, 200], [465, 270]], "n attempts"),
      box([390, 270], size, ["4 reward", "r, both roles"], {
        colour: ARITHMETIC,
      }),
      arrow([[390, 300], [355, 300]]),
      box([205, 270], size, ["5 advantage", "(r − μ) / σ"], {
        colour: ARITHMETIC,
      }),
      arrow([[205, 300], [170, 300]]),
      box([20, 270], size, ["6 update", "one gradient"], { colour: MODEL }),
      arrow([[95, 270], [95, 200]], "the same model"),
      note([280, 358], "what is not valid stops at 2 and earns −1", "middle"),
    ],
  );
}

/** The triplet of program, input and output, and what each mode hides of it. */
export function modesDrawing(): Drawing {
  const hidden = { deduction: 2, abduction: 0, induction: 1 };
  const words = [["input", "i"], ["program", "p"], ["output", "o"]];
  const rows = (["deduction", "abduction", "induction"] as const).flatMap(
    (mode, row) => {
      const y = 20 + 85 * row;
      const colour = MODE_COLOURS[mode];
      return [
        text([15, y + 36], mode, { bold: true }),
        ...words.map(([name, letter], i) =>
          box(
            [115 + 150 * i, y],
            [115, 60],
            i === hidden[mode] ? [`${letter} = ?`, "asked"] : [name, letter],
            { colour, dashed: i === hidden[mode] },
          )
        ),
        arrow([[230, y + 30], [265, y + 30]]),
        arrow([[380, y + 30], [415, y + 30]]),
      ];
    },
  );
  return drawing(
    "Deduction asks for the output, abduction for an input, induction for the program",
    300,
    [
      ...rows,
      note([280, 288], "induction: some pairs (i, o) stay hidden", "middle"),
    ],
  );
}

/** Where a program of a model runs. */
export function sandboxDrawing(): Drawing {
  return drawing(
    "A program runs in an engine in WebAssembly, in a process without permissions",
    290,
    [
      box([15, 95], [120, 100], ["notebook", "holds the", "gold answers"]),
      arrow([[135, 125], [215, 125]], "p and i"),
      arrow([[215, 170], [135, 170]]),
      note([175, 190], "value", "middle"),
      note([175, 207], "or cause", "middle"),
      box([215, 15], [330, 260], ["process without permissions"], {
        ...{ colour: SANDBOX, top: true },
      }),
      note([380, 57], "no file, network or environment", "middle"),
      box([240, 75], [280, 180], ["WebAssembly memory"], {
        ...{ colour: SANDBOX, top: true },
      }),
      note([380, 117], "a bound on its size", "middle"),
      box([265, 135], [230, 100], [
        "engine",
        "runs p on i, twice,",
        "counts steps",
      ], {
        colour: SANDBOX,
      }),
    ],
  );
}

/** From one prompt to the samples of a step. */
export function groupsDrawing(): Drawing {
  const attempts = Array.from(
    { length: 8 },
    (_, i) => disc([400, 38 + 22 * i], MODE_COLOURS.deduction, i < 3),
  );
  return drawing(
    "A prompt gives one proposal, a valid proposal is a task, a task has n attempts",
    300,
    [
      box([15, 80], [110, 70], ["prompt", "K old tasks"]),
      arrow([[125, 115], [160, 115]]),
      box([160, 80], [105, 70], ["proposal", "one text"], { colour: MODEL }),
      arrow([[265, 115], [300, 115]]),
      box([300, 80], [70, 70], ["task", "p, i, o"], { colour: SANDBOX }),
      ...attempts,
      note([418, 120], "n attempts,"),
      note([418, 138], "3 of 8 right:"),
      note([418, 156], "solve rate 38 %"),
      arrow([[212, 150], [212, 230]], "1 sample"),
      arrow([[400, 205], [400, 230]]),
      note([412, 222], "n samples"),
      box([140, 230], [150, 55], ["propose", "deduction"], {
        colour: MODE_COLOURS.deduction,
      }),
      box([325, 230], [150, 55], ["solve", "deduction"], {
        colour: MODE_COLOURS.deduction,
      }),
      note([15, 262], "groups:"),
    ],
  );
}

/** The six groups of TRR++. */
export function sixBoxesDrawing(): Drawing {
  const cells = (["propose", "solve"] as const).flatMap((role, row) =>
    MODE_NAMES.map((mode, column) =>
      box([105 + 150 * column, 55 + 85 * row], [135, 65], [
        `${role} ${mode.slice(0, 3)}.`,
        `μ${3 * row + column + 1}, σ${3 * row + column + 1}`,
      ], { colour: MODE_COLOURS[mode] })
    )
  );
  return drawing(
    "TRR++ keeps a mean and a deviation for each role and mode: six of them",
    250,
    [
      ...MODE_NAMES.map((mode, column) =>
        text([172 + 150 * column, 38], mode, { anchor: "middle", bold: true })
      ),
      text([15, 93], "propose"),
      text([15, 178], "solve"),
      ...cells,
      note(
        [280, 238],
        "A = (r − μ) / σ of its own box; no box looks at another",
        "middle",
      ),
    ],
  );
}

/** What goes into a buffer, and what is drawn from it. */
export function bufferDrawing(): Drawing {
  const task = (i: number, words: string, colour: string) =>
    box([205, 55 + 38 * i], [150, 30], [words], { colour });
  return drawing(
    "A buffer begins with the identity, gains valid new tasks, and lends references and tasks",
    270,
    [
      box([190, 20], [180, 235], ["buffer of a mode"], { top: true }),
      task(0, "x => x", SANDBOX),
      task(1, "x => x + 1", SANDBOX),
      task(2, "x => (x + 1) * 2", SANDBOX),
      task(3, "…", SANDBOX),
      note([280, 228], "it only grows", "middle"),
      arrow([[130, 75], [185, 75]]),
      text([15, 72], "the seed:"),
      text([15, 91], "identity"),
      arrow([[130, 165], [185, 165]]),
      text([15, 150], "valid, new,"),
      text([15, 169], "not held out"),
      arrow([[375, 75], [430, 75]]),
      text([438, 72], "K references"),
      text([438, 91], "of a prompt"),
      arrow([[375, 165], [430, 165]]),
      text([438, 150], "tasks that fill"),
      text([438, 169], "up a batch"),
    ],
  );
}

/** How the small world makes a base model. */
export function worldDrawing(): Drawing {
  return drawing(
    "A generator writes programs; most become a corpus, some are held out; the corpus makes the base",
    290,
    [
      box([15, 100], [125, 70], ["generator", "of programs"]),
      arrow([[140, 120], [185, 75]]),
      arrow([[140, 150], [185, 205]]),
      box(
        [185, 25],
        [165, 90],
        ["corpus", "direct answers and", "traced ones"],
        {
          colour: MODEL,
        },
      ),
      box([185, 175], [165, 70], ["held-out tasks", "never trained on"], {
        colour: SANDBOX,
      }),
      arrow([[350, 70], [400, 70]]),
      box([400, 35], [145, 70], ["base model", "by pretraining"], {
        colour: MODEL,
      }),
      arrow([[472, 105], [472, 175]], "self-play"),
      box([400, 175], [145, 70], ["trained model"], { colour: MODEL }),
      arrow([[350, 210], [400, 210]]),
      note(
        [280, 276],
        "self-play begins with x => x and sees neither",
        "middle",
      ),
    ],
  );
}

/** How to read a run: three lines. */
export function threeLinesDrawing(): Drawing {
  const [left, right, floor] = [70, 395, 220];
  return drawing(
    "Read a run against its untouched base, and against that base made to think",
    280,
    [
      line([[left, 20], [left, floor], [right, floor]], "#888888"),
      line([[left, 180], [right, 180]], "#999999"),
      line([[left, 85], [right, 85]], REFERENCE_COLOUR, "3 5"),
      line(
        [[left, 180], [150, 150], [220, 110], [300, 80], [right, 65]],
        OTHER_COLOURS[1],
      ),
      text([403, 70], "self-play"),
      note([403, 90], "base, made to think"),
      note([403, 185], "base as it answers"),
      note([230, 243], "steps", "middle"),
      note([15, 35], "right"),
      note([15, 53], "answers"),
      note(
        [280, 270],
        "up to the dotted line: what was there; above it: more",
        "middle",
      ),
    ],
  );
}

/** Who computes what on each engine. */
export function enginesDrawing(): Drawing {
  const colour = MODEL;
  const size = [165, 80] as const;
  return drawing(
    "The loop and the sandbox stay here; the model is here, on a Tinker server, or served",
    300,
    [
      box([15, 15], [345, 80], ["the loop", "tasks, buffers, rewards"]),
      arrow([[360, 55], [380, 55]]),
      box([380, 15], size, ["the sandbox", "always here"], { colour: SANDBOX }),
      arrow([[97, 95], [97, 150]], "prompts"),
      arrow([[280, 95], [280, 150]], "a batch"),
      arrow([[330, 95], [462, 150]]),
      box([15, 150], size, ["local", "this process"], { colour }),
      box([197, 150], size, ["tinker", "SkyRL, adapters"], { colour }),
      box([380, 150], size, ["openai", "samples only"], { colour }),
      note(
        [280, 262],
        "tinker: the next step is played while it learns",
        "middle",
      ),
      note(
        [280, 284],
        "local: one thing at a time, the same numbers",
        "middle",
      ),
    ],
  );
}
