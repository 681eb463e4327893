/** A table in Markdown, with empty lines around it, so that it can be between the two comments of a figure. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `\n\n${[line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')}\n\n`;
}
