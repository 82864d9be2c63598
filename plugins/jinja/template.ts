import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { applyFilter, FILTERS } from "./filters.ts";
import { escapeHtml, jsonForHtml, OutputLimit, printable } from "./output.ts";
import { FUNCTIONS, METHODS, rewrite } from "./rewrite.ts";
import { functionOf, isNothing, textOf, type Value, valueOf } from "./values.ts";

/** Most numbers that `range` gives: Jinja's own sandbox has the same limit. */
const MAX_RANGE = 100_000;

/** Renders a template over some variables. */
export type Render = (variables: Readonly<Record<string, unknown>>) => string;

/**
 * Compiles a template. White space is that of Jinja with `trim_blocks` and `lstrip_blocks`.
 *
 * @param autoescape Whether values are escaped for HTML.
 * @throws {Error} If it is no template.
 */
export function compile(source: string, autoescape: boolean): Render {
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  rewrite(program, autoescape);
  return (variables) => {
    const environment = new Environment();
    for (const [name, value] of Object.entries(variables)) environment.set(name, value);
    for (const [name, value] of globals()) environment.setVariable(name, value);
    return textOf(new Interpreter(environment).run(program));
  };
}

/** What every template can use. */
function* globals(): Generator<[string, Value]> {
  for (const [name, value] of [["true", true], ["false", false], ["none", null]] as const) {
    yield [name, valueOf(value)];
    yield [name.charAt(0).toUpperCase() + name.slice(1), valueOf(value)];
  }
  yield ["range", functionOf((args) => valueOf(range(args.map(({ value }) => Number(value)))))];
  const limit = new OutputLimit();
  const print = (escape: (text: string) => string) =>
    functionOf(([value]) => valueOf(limit.count(escape(printable(textOf(value))))));
  yield [FUNCTIONS.escaped, print(escapeHtml)];
  yield [FUNCTIONS.plain, print((text) => text)];
  yield [FUNCTIONS.json, functionOf(([value]) => valueOf(jsonForHtml(textOf(value))))];
  const orEmpty = (empty: unknown) =>
    functionOf(([value]) => value === undefined || isNothing(value) ? valueOf(empty) : value);
  yield [FUNCTIONS.list, orEmpty([])];
  yield [FUNCTIONS.object, orEmpty({})];
  yield [FUNCTIONS.text, orEmpty("")];
  for (const name of Object.keys(FILTERS)) {
    yield [FUNCTIONS.filter(name), functionOf((args) => applyFilter(name, args))];
  }
  for (const name of METHODS) {
    yield [FUNCTIONS.method(name), functionOf(([object, ...args], scope) => callMethod(name, object, args, scope))];
  }
}

/** The method itself, also where the object has a key of that name. Of nothing, nothing. */
function callMethod(name: string, object: Value | undefined, args: Value[], scope: Environment): Value {
  if (object === undefined || isNothing(object)) return valueOf(name === "get" ? null : []);
  const method: unknown = object.builtins.get(name)?.value;
  if (typeof method === "function") return method(args, scope);
  throw new TypeError(`${name}() is a method of objects, not of ${object.type}`);
}

/** As Python's `range`. */
function range(args: number[]): number[] {
  const [start, stop, step] = args.length < 2 ? [0, args[0] ?? 0, 1] : [args[0]!, args[1]!, args[2] ?? 1];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count <= MAX_RANGE) return Array.from({ length: count }, (_, index) => start + index * step);
  throw new RangeError(`range(${args.join(", ")}) has ${count} numbers, the limit is ${MAX_RANGE}`);
}
