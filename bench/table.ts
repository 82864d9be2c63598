/**
 * Rows of the result and how they are shown.
 *
 * @module
 */
import { median, type Sample } from "./measure.ts";

/** A number that something should reach. */
export interface Target {
  readonly limit: number;
  /** Whether less is better. */
  readonly atMost?: boolean;
  /** What the number is of: a limit's name, or the unit of the row's own value. */
  readonly of: string;
}

/** One thing that was measured. */
export interface Row {
  readonly what: string;
  /** One number a repeat. */
  readonly values: readonly number[];
  readonly unit: string;
  /** Milliseconds of processors for one payload, or for one command. */
  readonly cpu?: number;
  /** The machine's own limits over the same list, by name: the row's value divided by the limit's. */
  readonly beside?: Readonly<Record<string, number>>;
  /** What the value is made of, in its unit. */
  readonly split?: Readonly<Record<string, number>>;
  readonly target?: Target;
}

/** What one part found out. */
export interface Section {
  readonly title: string;
  /** What was done, and what to know to read the numbers. */
  readonly note: string;
  readonly rows: readonly Row[];
}

/** A row of payloads a second. */
export function rateRow(what: string, samples: readonly Sample[], count: number, more: Partial<Row> = {}): Row {
  return {
    what,
    unit: "payloads/s",
    values: samples.map(({ wall }) => count / wall),
    cpu: median(samples.map(({ cpu }) => cpu)) * 1000 / count,
    ...more,
  };
}

/** The number that a row's target is about. */
export function reached({ target, beside, values }: Row): number | undefined {
  return target === undefined ? undefined : beside?.[target.of] ?? median(values);
}

/** Whether a row meets its target; undefined where it has none. */
export function isMet(row: Row): boolean | undefined {
  const value = reached(row);
  if (value === undefined || row.target === undefined) return undefined;
  return row.target.atMost ? value <= row.target.limit : value >= row.target.limit;
}

/** A section in Markdown. */
export function show({ title, note, rows }: Section): string {
  const head = ["", "median", "lowest – highest", "CPU", "of it", "beside", "target"];
  const cells = rows.map((row) => [
    row.what,
    `${digits(median(row.values))} ${row.unit}`,
    row.values.length < 2 ? "" : `${digits(Math.min(...row.values))} – ${digits(Math.max(...row.values))}`,
    row.cpu === undefined || Number.isNaN(row.cpu) ? "" : `${digits(row.cpu)} ms`,
    Object.entries(row.split ?? {}).map(([name, value]) => `${name} ${digits(value)}`).join(", "),
    Object.entries(row.beside ?? {}).map(([name, ratio]) => `${digits(ratio)} × ${name}`).join(", "),
    row.target === undefined
      ? ""
      : `${row.target.atMost ? "≤" : "≥"} ${digits(row.target.limit)} ${
        row.beside?.[row.target.of] === undefined ? "" : "× "
      }${row.target.of}: ${isMet(row) ? "met" : "**not met**"}`,
  ]);
  const used = head.map((_, i) => i < 2 || cells.some((line) => line[i] !== ""));
  const lines = [head, ...cells].map((line) => line.filter((_, i) => used[i]));
  const widths = lines[0]!.map((_, i) => Math.max(3, ...lines.map((line) => line[i]!.length)));
  const show = (line: readonly string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return `## ${title}\n\n${note}\n\n${[show(lines[0]!), rule, ...lines.slice(1).map(show)].join("\n")}\n`;
}

/** Three significant digits are all that a measurement has. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  const rounded = Math.round(value / 10 ** (magnitude - 2)) * 10 ** (magnitude - 2);
  return rounded.toLocaleString("en-US", { maximumFractionDigits: Math.max(0, 2 - magnitude) });
}
