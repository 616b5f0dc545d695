/** The paper's own numbers, as `data/paper` holds them. */

const FOLDER = new URL("../../../data/paper/", import.meta.url);

/** Averages in per cent; `overall` is the mean of `code` and `math`. */
export interface Averages {
  code: number;
  math: number;
  overall: number;
}

/** A row of Tables 1 and 5 or of Figure 6b. Table 5 has no averages, Figure 6b no scores. */
export interface ScoredModel {
  model?: string;
  /** The model that training starts from; null for a model as it was published. */
  base: string | null;
  training?: string | null;
  trainingExamples?: string | number | null;
  scores?: Record<string, number>;
  averages?: Averages;
}

/** A row of Table 2. */
export interface AblatedRun {
  run: string;
  averages: Averages;
}

/** A row of `figures.json`: what a figure shows, and what can be read off a picture. */
export interface FigureRow {
  figure: string;
  kind: "numbers" | "drawing" | "code" | "curves" | "sample" | "prompt";
  says: string;
  mode?: string;
  direction?: string;
  lengths?: string;
  steps?: [number, number];
  range?: [number, number];
  longestTokens?: number;
  ends?: Record<string, number>;
}

/** A named value: a row of Table 3 or of `text.json`. */
export interface NamedValue {
  name: string;
  value: unknown;
  says?: string;
}

interface Rows {
  table1: ScoredModel;
  table2: AblatedRun;
  table3: NamedValue;
  table4: ScoredModel;
  table5: ScoredModel;
  figure6b: ScoredModel;
  figures: FigureRow;
  text: NamedValue;
}

/** Reads the rows of a table, in the paper's order. */
export function paperRows<Name extends keyof Rows>(name: Name): Rows[Name][] {
  const text = Deno.readTextFileSync(new URL(`${name}.json`, FOLDER));
  return JSON.parse(text).rows;
}

/** The findings that the text states without a number. */
export function paperFindings(): string[] {
  const text = Deno.readTextFileSync(new URL("text.json", FOLDER));
  return JSON.parse(text).findings;
}

/** Finds a figure by its number in the paper's second version. Throws where there is none. */
export function paperFigure(number: string): FigureRow {
  const found = paperRows("figures").find(({ figure }) => figure === number);
  if (found) return found;
  throw new RangeError(`data/paper/figures.json has no figure "${number}"`);
}
