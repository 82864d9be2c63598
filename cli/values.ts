/**
 * Values of flags.
 *
 * @module
 */
import { UsageError } from "./exit.ts";

/** A whole number, 0 or more. @throws {UsageError} If it is something else. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`"${text}" is not a whole number, 0 or more`);
  return Number(text);
}

/**
 * Values of `--plugin-opts`: `plugin:option=value`; the value may hold further `:` and `=`.
 *
 * @throws {UsageError} Naming the value that has another form.
 */
export function pluginOptions(values: readonly string[]): Record<string, Record<string, unknown>> {
  const options: Record<string, Record<string, unknown>> = Object.create(null);
  for (const value of values) {
    const match = /^([^:=\s]+):([^=\s]+)=(.*)$/s.exec(value);
    if (!match) throw new UsageError(`--plugin-opts "${value}" is not plugin:option=value`);
    const [, plugin, option, text] = match;
    (options[plugin!] ??= {})[option!] = flagOrText(text!);
  }
  return { ...options };
}

/**
 * Values of `--request-extra`: `key=value`.
 *
 * @throws {UsageError} Naming the value that has another form.
 */
export function keyValues(values: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(values.map((value) => {
    const at = value.indexOf("=");
    if (at < 1) throw new UsageError(`--request-extra "${value}" is not key=value`);
    return [value.slice(0, at), flagOrText(value.slice(at + 1))];
  }));
}

/** `true` and `false`, whatever the case, are what they say; all else is text. */
function flagOrText(text: string): unknown {
  const lower = text.toLowerCase();
  return lower === "true" ? true : lower === "false" ? false : text;
}
