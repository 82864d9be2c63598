/**
 * Values as the template engine has them. Its classes are not exported, but it makes values of them for whoever asks.
 *
 * @module
 */
import { Environment } from "@huggingface/jinja";

/** A value while a template is rendered. */
export type Value = ReturnType<Environment["set"]>;

const maker = new Environment();

/** A value of a JSON value. */
export function valueOf(json: unknown): Value {
  maker.variables.delete("value");
  return maker.set("value", json);
}

/** A function that templates can call, and that gets values as they are: last those given by name, if any. */
export function functionOf(call: (args: Value[], scope: Environment) => Value): Value {
  const value = valueOf(() => null);
  Reflect.set(value, "value", call);
  return value;
}

/** Whether there is nothing: a key that is missing, or null. */
export function isNothing(value: Value | undefined): boolean {
  return value === undefined || value.type === "UndefinedValue" || value.type === "NullValue";
}

/** A value as it is printed; nothing is printed as nothing. */
export function textOf(value: Value | undefined): string {
  return value === undefined || isNothing(value) ? "" : value.toString();
}

/** The entries of a list; none of anything else. */
export function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value?.value) ? value.value : [];
}

/** What is under a path such as `match.rule`, in objects within objects. */
export function at(value: Value, path: string): Value | undefined {
  let found: Value | undefined = value;
  for (const key of path.split(".")) found = found?.value instanceof Map ? found.value.get(key) : undefined;
  return found;
}
