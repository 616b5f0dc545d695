/** Tokens as labels of an axis. */

/** Longer labels are cut: their axis would push the plot aside. */
export const LONGEST_LABEL = 12;

/** A token as Plotly shows it: markers such as `<o>` are text here, not markup. */
export function tokenLabel(token: string): string {
  if (token === " ") return "␣";
  const shown = token.length > LONGEST_LABEL
    ? `${token.slice(0, LONGEST_LABEL - 1)}…`
    : token;
  return shown.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll("\n", "\\n");
}

/** Axis attributes that write `tokens` at 0, 1, 2 ...; equal tokens stay apart. */
export function tokenAxis(
  tokens: readonly string[],
): Record<string, unknown> {
  return {
    tickvals: tokens.map((_, place) => place),
    ticktext: tokens.map(tokenLabel),
    range: [-0.6, tokens.length - 0.4],
    showgrid: false,
  };
}
