import { escapeHtml } from "./output.ts";
import { at, isNothing, listOf, textOf, type Value, valueOf } from "./values.ts";

/** What a filter was given, by the name of the parameter. */
type Arguments = Readonly<Record<string, Value | undefined>>;

/** A filter that the engine does not have, or has otherwise than Jinja. */
interface Filter {
  /** Names of the parameters, in their order. */
  readonly parameters: readonly string[];
  /** @returns A JSON value, or one of the values that it was given. */
  apply(value: Value, args: Arguments): Value | string | number;
}

const escape: Filter = { parameters: [], apply: (value) => escapeHtml(textOf(value)) };

/** By name. Parameters and their defaults are those of https://jinja.palletsprojects.com/en/3.1.x/templates/#builtin-filters */
export const FILTERS: Readonly<Record<string, Filter>> = {
  capitalize: {
    parameters: [],
    apply: (value) => textOf(value).charAt(0).toUpperCase() + textOf(value).slice(1).toLowerCase(),
  },
  e: escape,
  escape,
  forceescape: escape,
  filesizeformat: {
    parameters: ["binary"],
    apply: (value, { binary }) => fileSize(numberOf(value), binary?.value === true),
  },
  join: {
    parameters: ["d", "attribute"],
    apply: (value, { d, attribute }) => items(value, attribute).map(textOf).join(textOf(d)),
  },
  max: {
    parameters: ["attribute"],
    apply: (value, { attribute }) => extreme(value, attribute, (a, b) => a > b),
  },
  min: {
    parameters: ["attribute"],
    apply: (value, { attribute }) => extreme(value, attribute, (a, b) => a < b),
  },
  round: {
    parameters: ["precision"],
    apply: (value, { precision }) => {
      const scale = 10 ** numberOf(precision);
      return Math.round(numberOf(value) * scale) / scale;
    },
  },
  sum: {
    parameters: ["attribute", "start"],
    apply: (value, { attribute, start }) =>
      items(value, attribute).map(numberOf).reduce((a, b) => a + b, numberOf(start)),
  },
  truncate: {
    parameters: ["length", "killwords", "end", "leeway"],
    apply: (value, { length, killwords, end, leeway }) =>
      truncate(textOf(value), {
        length: numberOf(length, 255),
        killwords: killwords?.value === true,
        end: end === undefined ? "..." : textOf(end),
        leeway: numberOf(leeway, 5),
      }),
  },
  urlencode: {
    parameters: [],
    apply: (value) =>
      encodeURIComponent(textOf(value).toWellFormed()).replaceAll("%2F", "/").replace(/[!'()*]/g, percentEncode),
  },
};

/** Applies one of {@linkcode FILTERS}. @param args What it is applied to, its arguments, and last those given by name. */
export function applyFilter(name: string, [value, ...args]: Value[]): Value {
  const filter = FILTERS[name]!;
  const last = args.at(-1);
  const named = last?.type === "KeywordArgumentsValue" && last.value instanceof Map ? last.value : undefined;
  if (named !== undefined) args.pop();
  const given: Record<string, Value | undefined> = Object.fromEntries(named ?? []);
  for (const [index, arg] of args.entries()) given[filter.parameters[index] ?? index] = arg;
  const unknown = Object.keys(given).find((parameter) => !filter.parameters.includes(parameter));
  if (unknown !== undefined) throw new TypeError(`filter "${name}" has no parameter ${unknown}`);
  const result = filter.apply(value ?? valueOf(null), given);
  return typeof result === "object" ? result : valueOf(result);
}

/** The entries of a list, or what they have under an attribute. */
function items(value: Value, attribute: Value | undefined): Value[] {
  return isNothing(attribute) ? listOf(value) : listOf(value).map((item) => under(item, attribute));
}

function under(item: Value, attribute: Value | undefined): Value {
  return isNothing(attribute) ? item : at(item, textOf(attribute)) ?? valueOf(null);
}

function numberOf(value: Value | undefined, fallback = 0): number {
  return isNothing(value) ? fallback : Number(value?.value);
}

/** The entry that comes before all others; nothing of an empty list. */
function extreme(
  value: Value,
  attribute: Value | undefined,
  before: (a: number | string, b: number | string) => boolean,
): Value {
  const key = (item: Value) => {
    const { value } = under(item, attribute);
    return typeof value === "number" ? value : String(value).toLowerCase();
  };
  const [first = valueOf(null), ...others] = listOf(value);
  return others.reduce((best, item) => before(key(item), key(best)) ? item : best, first);
}

function fileSize(bytes: number, binary: boolean): string {
  const base = binary ? 1024 : 1000;
  if (bytes < base) return `${Math.floor(bytes)} Byte${bytes === 1 ? "" : "s"}`;
  let size = bytes / base;
  let unit = 0;
  while (size >= base && unit < 7) {
    size /= base;
    unit++;
  }
  return `${size.toFixed(1)} ${(binary ? "KMGTPEZY" : "kMGTPEZY")[unit]}${binary ? "iB" : "B"}`;
}

function truncate(
  text: string,
  { length, killwords, end, leeway }: { length: number; killwords: boolean; end: string; leeway: number },
): string {
  if (text.length <= length + leeway) return text;
  const cut = text.slice(0, Math.max(0, length - end.length)).toWellFormed();
  const space = killwords ? -1 : cut.lastIndexOf(" ");
  return (space === -1 ? cut : cut.slice(0, space)) + end;
}

function percentEncode(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}
