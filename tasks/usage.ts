/** The part of a usage text that lists options. */

/** An option: the name of the value that follows, none for a switch, and what it does. */
export interface OptionText {
  value?: string;
  says: string;
}

/** Room for an option and its value. */
const WIDTH = 19;

/** One line an option, or two where its name is long. */
export function optionLines(
  options: Readonly<Record<string, OptionText>>,
): string[] {
  return Object.entries(options).map(([name, { value, says }]) => {
    const option = value === undefined ? name : `${name} ${value}`;
    const indent = " ".repeat(WIDTH + 3);
    const first = option.length > WIDTH
      ? `${option}\n${indent}`
      : option.padEnd(WIDTH + 1);
    return `  ${first}${says.replaceAll("\n", `\n${indent}`)}`;
  });
}
