/**
 * Names and descriptors as source code has them, JVMS section 4.3.
 *
 * @module
 */

const PRIMITIVES: Readonly<Record<string, string>> = {
  B: "byte",
  C: "char",
  D: "double",
  F: "float",
  I: "int",
  J: "long",
  S: "short",
  V: "void",
  Z: "boolean",
};

const TYPE = /(\[{0,255})(?:([BCDFIJSVZ])|L([^;]*);)/y;

/** `java/lang/Object` as `java.lang.Object`. */
export function prettyClass(name: string): string {
  return name.replaceAll("/", ".");
}

/** The type of a field, `int[]` for `[I`; what is malformed stays as it is. */
export function prettyType(descriptor: string): string {
  const types = readTypes(descriptor);
  return types?.length === 1 ? types[0]! : descriptor;
}

/** Arguments and result of a method, `(int,java.lang.String)` and `void`; what is malformed stays as it is. */
export function prettyMethod(descriptor: string): { args: string; result: string } {
  const close = descriptor.indexOf(")");
  const args = descriptor.startsWith("(") && close > 0 ? readTypes(descriptor.slice(1, close)) : undefined;
  if (!args) return { args: "", result: descriptor };
  return { args: `(${args.join(",")})`, result: prettyType(descriptor.slice(close + 1)) };
}

/** Class in an array of it, `[[Ljava/lang/String;`; `undefined` for arrays of numbers. */
export function elementClass(name: string): string | undefined {
  const match = /^\[{1,255}L([^;]*);$/.exec(name);
  return match ? prettyClass(match[1]!) : undefined;
}

function readTypes(text: string): string[] | undefined {
  const types: string[] = [];
  TYPE.lastIndex = 0;
  for (let at = 0; at < text.length; at = TYPE.lastIndex) {
    const match = TYPE.exec(text);
    if (!match) return undefined;
    const [, dimensions = "", primitive, name = ""] = match;
    types.push(
      (primitive === undefined ? prettyClass(name) : PRIMITIVES[primitive] ?? "") + "[]".repeat(dimensions.length),
    );
  }
  return types;
}
