/**
 * What is changed in a parsed template before it is rendered: the engine knows neither autoescape nor filters of others, and lets
 * data take the place of methods.
 *
 * @module
 */
import { parse, tokenize } from "@huggingface/jinja";
import { FILTERS } from "./filters.ts";

/** A node of a parsed template: `type` says which fields it has. */
interface Node {
  type: string;
  [field: string]: unknown;
}

/** Names of the functions that a rewritten template calls. With a space in it no template can name one. */
export const FUNCTIONS = {
  /** Prints a value, escaped. */
  escaped: " escaped",
  /** Prints a value, not escaped. */
  plain: " plain",
  /** Makes JSON safe for HTML. */
  json: " json",
  /** Puts something empty in the place of nothing. */
  list: " list",
  object: " object",
  text: " text",
  filter: (name: string) => ` filter ${name}`,
  method: (name: string) => ` method ${name}`,
} as const;

/** Methods of objects. The engine looks for a key of that name first, and keys are hostile. */
export const METHODS = ["items", "keys", "values", "get"] as const;

/** Nodes in a body that are no expressions: they print nothing, or what is in them. */
const STATEMENTS = [
  "If",
  "For",
  "Break",
  "Continue",
  "Set",
  "Macro",
  "Comment",
  "FilterStatement",
  "CallStatement",
];
/** Fields that hold bodies. */
const BODIES = ["body", "alternate", "defaultBlock"];
/** Filters under another name. */
const ALIASES: Readonly<Record<string, string>> = { count: "length", d: "default" };
/** Filters after which nothing is escaped, and those which leave it so. */
const SAFE = ["safe", "tojson", "e", "escape", "forceescape"];
const STILL_SAFE = ["indent", "trim", "default", "string"];
/** Filters that need something to work on, by what is nothing to them. The rest want text. */
const OF_LISTS = ["list", "first", "last", "reverse", "sort", "unique", "map", "selectattr", "rejectattr"];
const OF_OBJECTS = ["items", "dictsort"];
const OF_ANYTHING = ["safe", "tojson", "default"];

/** A call and a name, to be copied: the engine tells nodes by their class, too. */
const [CALL, IDENTIFIER] = parse(tokenize("{{ f() }}{{ x }}")).body;

/**
 * Rewrites a parsed template in place.
 *
 * @param autoescape Whether printed values are escaped for HTML, unless they are marked as safe.
 */
export function rewrite(program: object, autoescape: boolean): void {
  if (!isNode(program)) throw new TypeError("a parsed template is no node");
  const macros = new Set(["caller"]);
  collectMacros(program, macros);
  new Rewriter(autoescape, macros).visit(program);
}

class Rewriter {
  constructor(private readonly autoescape: boolean, private readonly macros: ReadonlySet<string>) {}

  /** @returns What takes the place of a node, or of nodes. */
  visit(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.visit(item));
    if (value instanceof Map) return new Map([...value].map(([key, item]) => [this.visit(key), this.visit(item)]));
    if (!isNode(value)) return value;
    for (const [field, content] of Object.entries(value)) {
      const isBody = BODIES.includes(field) && Array.isArray(content);
      value[field] = isBody ? content.map((node) => this.#printed(node)) : this.visit(content);
    }
    return this.#replaced(value);
  }

  /** A node of a body. */
  #printed(node: unknown): unknown {
    if (!isNode(node) || STATEMENTS.includes(node.type)) return this.visit(node);
    // Asked before the filters in it are replaced.
    const escaped = this.autoescape && node.type !== "StringLiteral" && !isSafe(node);
    const isMacro = node.type === "CallExpression" && this.macros.has(nameOf(node["callee"]) ?? "");
    const visited = this.visit(node);
    return isMacro ? visited : call(escaped ? FUNCTIONS.escaped : FUNCTIONS.plain, visited);
  }

  #replaced(node: Node): unknown {
    switch (node.type) {
      case "FilterExpression":
        return this.#filter(node);
      case "For": {
        const { iterable } = node;
        if (isNode(iterable) && iterable.type === "SelectExpression") {
          iterable["lhs"] = call(FUNCTIONS.list, iterable["lhs"]);
        } else node["iterable"] = call(FUNCTIONS.list, iterable);
        return node;
      }
      case "CallExpression": {
        const { callee, args } = node;
        if (!isNode(callee) || callee.type !== "MemberExpression" || callee["computed"] === true) return node;
        const method = METHODS.find((method) => method === nameOf(callee["property"]));
        if (method === undefined || !Array.isArray(args)) return node;
        return call(FUNCTIONS.method(method), callee["object"], ...args);
      }
      default:
        return node;
    }
  }

  #filter(node: Node): Node {
    const { operand, filter } = node;
    const written = filterName(node) ?? "";
    const name = ALIASES[written] ?? written;
    const args = isNode(filter) && Array.isArray(filter["args"]) ? filter["args"] : [];
    if (Object.hasOwn(FILTERS, name)) return call(FUNCTIONS.filter(name), operand, ...args);
    if (name !== written || name === "default") node["filter"] = filterNode(name, args);
    if (name === "tojson" && this.autoescape) return call(FUNCTIONS.json, node);
    if (!OF_ANYTHING.includes(name)) {
      const empty = OF_LISTS.includes(name) ? "list" : OF_OBJECTS.includes(name) ? "object" : "text";
      node["operand"] = call(FUNCTIONS[empty], operand);
    }
    return node;
  }
}

function collectMacros(value: unknown, macros: Set<string>): void {
  if (Array.isArray(value)) { for (const item of value) collectMacros(item, macros); }
  if (!isNode(value)) return;
  const name = value.type === "Macro" ? nameOf(value["name"]) : undefined;
  if (name !== undefined) macros.add(name);
  for (const field of BODIES) collectMacros(value[field], macros);
}

/** Whether what is printed is marked as safe by its last filter. */
function isSafe(node: unknown): boolean {
  if (!isNode(node) || node.type !== "FilterExpression") return false;
  const written = filterName(node) ?? "";
  const name = ALIASES[written] ?? written;
  return SAFE.includes(name) || STILL_SAFE.includes(name) && isSafe(node["operand"]);
}

function filterName({ filter }: Node): string | undefined {
  return isNode(filter) && filter.type === "CallExpression" ? nameOf(filter["callee"]) : nameOf(filter);
}

/** The name that an identifier is. */
function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === "Identifier" && typeof node["value"] === "string" ? node["value"] : undefined;
}

/** The node of a filter with its arguments; `length` has none, the engine's `default` needs the brackets. */
function filterNode(name: string, args: unknown[]): Node {
  return name === "length" ? identifier(name) : call(name, ...args);
}

function call(name: string, ...args: unknown[]): Node {
  return copy(CALL, { callee: identifier(name), args });
}

function identifier(name: string): Node {
  return copy(IDENTIFIER, { value: name });
}

function copy(node: object | undefined, fields: object): Node {
  return Object.assign(Object.create(Object.getPrototypeOf(node)), node, fields);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
