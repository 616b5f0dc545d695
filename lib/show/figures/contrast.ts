/**
 * How well words can be read on a colour, after WCAG 2.2 (success criterion 1.4.3, which
 * asks for 4.5). The pages of the site run the text of these functions: each uses nothing
 * but its arguments, the language, and the others.
 */

/** Returns the relative luminance of `#rrggbb` or `rgb(r,g,b)`: 0 for black, 1 for white. */
export function luminance(colour: string): number {
  const channels = colour.startsWith("#")
    ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
    : (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  const [red, green, blue] = channels.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Returns the contrast of two colours: 1 for equal ones, 21 for black and white. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) =>
    a - b
  );
  return (light + 0.05) / (dark + 0.05);
}

/** Returns black or white, whichever reads better on a colour: 4.58 or more on any. */
export function inkOn(colour: string): string {
  const black = contrast("#000000", colour);
  return black > contrast("#ffffff", colour) ? "#000000" : "#ffffff";
}

/** A trace of which only what these functions read is known. */
type Bars = {
  type?: unknown;
  text?: unknown;
  textposition?: unknown;
  marker?: { color?: unknown };
};

/** Returns bars with ink that can be read for the text inside them; all else as it is. */
export function withInk<T extends Bars>(trace: T): T {
  const colour = trace.marker?.color;
  const inside = trace.type === "bar" && trace.text &&
    trace.textposition !== "outside";
  const colours = Array.isArray(colour) ? colour : [colour];
  const known = colours.every((one) => typeof one === "string");
  if (!inside || !known) return trace;
  const inks = colours.map(inkOn);
  const color = Array.isArray(colour) ? inks : inks[0];
  return { ...trace, insidetextfont: { color } };
}
