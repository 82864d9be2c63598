import type { PluginOptions } from "../plugin.ts";

/**
 * Typed access to a plugin's options: texts from configuration files and the command line, or values from a constructor.
 *
 * @param plugin Named in errors.
 * @param values Option values by lower-case name.
 */
export function makeOptions(plugin: string, values: Readonly<Record<string, unknown>>): PluginOptions {
  const given = (name: string): unknown => {
    const key = name.toLowerCase();
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    return value === "" || value === null ? undefined : value;
  };
  const wrong = (name: string, value: unknown, wanted: string) =>
    new TypeError(`Option "${name}" of plugin "${plugin}" is ${JSON.stringify(value)}: it must be ${wanted}`);
  const get = <T>(
    name: string,
    fallback: T | undefined,
    read: (value: unknown) => T | undefined,
    wanted: string,
  ): T => {
    const value = given(name);
    if (value === undefined) {
      if (fallback !== undefined) return fallback;
      throw new TypeError(`Option "${name}" of plugin "${plugin}" is not set: it must be ${wanted}`);
    }
    const result = read(value);
    if (result === undefined) throw wrong(name, value, wanted);
    return result;
  };
  return {
    has: (name) => given(name) !== undefined,
    getString: (name, fallback) =>
      get(name, fallback, (v) => typeof v === "string" ? v : typeof v === "object" ? undefined : String(v), "text"),
    getNumber: (name, fallback) => get(name, fallback, toNumber, "a number"),
    getBoolean: (name, fallback) => get(name, fallback, toBoolean, "true or false"),
    getList: (name, fallback) =>
      get(name, fallback === undefined ? undefined : [...fallback], toList, "a list: names separated by commas"),
    getJson: (name, fallback) =>
      get(name, fallback, (v) => {
        if (typeof v !== "string") return v;
        try {
          return JSON.parse(v);
        } catch {
          return undefined;
        }
      }, "JSON"),
  };
}

/** `true`, `yes`, `on`, `1` and their opposites, whatever the case. */
export function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  // Not every object has a text.
  if (typeof value === "object") return undefined;
  const text = String(value).trim().toLowerCase();
  if (["true", "yes", "on", "1"].includes(text)) return true;
  if (["false", "no", "off", "0"].includes(text)) return false;
  return undefined;
}

/** A finite number, written as such or as text. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || !/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$|^0x[0-9a-f]+$/i.test(value.trim())) {
    return undefined;
  }
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** An array of texts, a JSON array of texts, or text with commas or line ends between the entries. */
export function toList(value: unknown): string[] | undefined {
  let list = value;
  if (typeof value === "string") {
    const text = value.trim();
    if (!text.startsWith("[")) return text.split(/[,\n]/).map((entry) => entry.trim()).filter((entry) => entry !== "");
    try {
      list = JSON.parse(text);
    } catch {
      return undefined;
    }
  }
  if (typeof list === "number") return [String(list)];
  return Array.isArray(list) && list.every((entry) => typeof entry === "string") ? list : undefined;
}
