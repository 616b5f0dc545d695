/**
 * Score rows, which hold a list over items, as one row per item, and back: a table of
 * items is what a query asks for.
 */

/** A row with the number of right samples of each item. */
interface Listed {
  correct: number[];
}

/** Returns a row for each item of each row, with its place in `item` of `items`. */
export function spread(rows: readonly object[]): object[] {
  return (rows as Listed[]).flatMap((row) =>
    row.correct.map((correct, item) => ({
      ...row,
      correct,
      item,
      items: row.correct.length,
    }))
  );
}

/** Returns the rows that `spread` was given, from a reader of its rows and their first and number. */
export function gathered<Row>(
  rowAt: (index: number) => object,
  correctAt: (index: number) => number,
  { from, count }: { from: number; count: number },
): Row[] {
  const rows: Row[] = [];
  for (let at = from; at < from + count;) {
    const { item: _, items, ...row } = rowAt(at) as {
      item: number;
      items: number;
    };
    const start = at;
    const correct = Array.from(
      { length: items },
      (_, i) => correctAt(start + i),
    );
    rows.push({ ...row, correct } as Row);
    at += items;
  }
  return rows;
}
