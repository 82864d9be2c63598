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

/** A TCP port. @throws {UsageError} If it is something else. */
export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65535) {
    throw new UsageError(`"${text}" is not a port, 1 to 65535`);
  }
  return Number(text);
}

/**
 * Values of `--plugin-opts`: `plugin:option=value`; the value may hold further `:` and `=`.
 *
 * @throws {UsageError} Naming the value that has another form.
 */
export function pluginOptions(values: readonly string[]): Record<string, Record<string, unknown>> {
  return byPlugin(values, "--plugin-opts", "option", flagOrText);
}

/**
 * Values of `--plugin-limits`: `plugin:limit=value`.
 *
 * @throws {UsageError} Naming the value that has another form.
 */
export function pluginLimits(values: readonly string[]): Record<string, Record<string, unknown>> {
  return byPlugin(values, "--plugin-limits", "limit", (text) => text);
}

function byPlugin(values: readonly string[], flag: string, what: string, read: (text: string) => unknown) {
  const result: Record<string, Record<string, unknown>> = {};
  for (const value of values) {
    const match = /^([^:=\s]+):([^=\s]+)=(.*)$/s.exec(value);
    if (!match) throw new UsageError(`${flag} "${value}" is not plugin:${what}=value`);
    const [, plugin, name, text] = match;
    (result[plugin!] ??= {})[name!] = read(text!);
  }
  return result;
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
