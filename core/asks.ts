/**
 * What a plugin asks for, and the words for it: the one place that makes these sentences.
 *
 * @module
 */
import { hasBubblewrap } from "../sandbox/commands.ts";
import { oneLine } from "../sandbox/protocol.ts";
import { fillList } from "./grant.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { type Manifest, PERMISSION_KINDS, type PermissionKind } from "./manifest.ts";

/** All of a manifest that says what its plugin may do. */
export interface Granted {
  /** Templates by kind, as the manifest has them. */
  readonly permissions: Readonly<Partial<Record<PermissionKind, readonly string[]>>>;
  /** Command lines by name, as the manifest has them. */
  readonly commands: Readonly<Record<string, string>>;
  /** Values that the manifest gives to the options which permissions and commands name. */
  readonly options: Readonly<Record<string, string>>;
  /** Seconds and MiB, where the manifest says them. */
  readonly limits: Readonly<{ timeout?: number; memory?: number }>;
}

/** What is asked for and can be accepted. */
export type AskKind = PermissionKind | "commands" | "timeout" | "memory";

/** What `--allow` knows. */
export const ASK_KINDS: readonly AskKind[] = [...PERMISSION_KINDS, "commands", "timeout", "memory"];

/** One thing that a plugin asks for. */
export interface Ask {
  readonly kind: AskKind;
  /** A value, a template whose options have no value yet, or a command line. */
  readonly value: string;
  /** The template that the value is from, where it is from one. */
  readonly template: string | null;
}

/** Longest text of a manifest that is shown. */
const MAX_SHOWN = 200;

/** What a manifest says of what its plugin may do, in a fixed order, so that two can be compared. */
export function askedBy({ permissions, commands, options, limits }: Manifest): Granted {
  const templates = [...Object.values(permissions).flat(), ...Object.values(commands)];
  const named = new Set(
    templates.flatMap((template) => [...template.matchAll(/\{([\w-]+)\}/g)].map(([, option]) => option!.toLowerCase())),
  );
  return {
    permissions: Object.fromEntries(
      PERMISSION_KINDS.flatMap((kind) => permissions[kind]?.length ? [[kind, [...permissions[kind]].sort()]] : []),
    ),
    commands: Object.fromEntries(Object.entries(commands).sort(byKey)),
    options: Object.fromEntries(
      [...named].sort().flatMap((name) =>
        Object.hasOwn(options, name)
          ? [[name, typeof options[name] === "string" ? options[name] : JSON.stringify(options[name] ?? "")]]
          : []
      ),
    ),
    limits: {
      ...(limits.timeout !== undefined && { timeout: limits.timeout }),
      ...(limits.memory !== undefined && { memory: limits.memory }),
    },
  };
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What is asked for beyond computing within the usual limits. */
export function asksOf({ permissions, commands, options, limits }: Granted): Ask[] {
  const asks: Ask[] = [];
  for (const kind of PERMISSION_KINDS) {
    for (const template of permissions[kind] ?? []) {
      const values = fillList(template, options);
      if (values.length === 0) asks.push({ kind, value: template, template: null });
      for (const value of values) asks.push({ kind, value, template: value === template ? null : template });
    }
  }
  for (const line of Object.values(commands)) {
    const value = fillLine(line, options);
    asks.push({ kind: "commands", value, template: value === line ? null : line });
  }
  for (const kind of ["timeout", "memory"] as const) {
    const value = limits[kind];
    if (value !== undefined && value > DEFAULT_LIMITS[kind]) asks.push({ kind, value: String(value), template: null });
  }
  return asks;
}

/** A command line with the options that have a value filled in. */
function fillLine(line: string, options: Granted["options"]): string {
  return line.trim().replace(/\{([\w-]+)\}/g, (whole, option: string) => {
    const name = option.toLowerCase();
    return name !== "file" && Object.hasOwn(options, name) && options[name] !== "" ? options[name]! : whole;
  });
}

/** What is in one list and not in the other. */
export function without(asks: readonly Ask[], others: readonly Ask[]): Ask[] {
  const key = ({ kind, value, template }: Ask) => JSON.stringify([kind, value, template]);
  const known = new Set(others.map(key));
  return asks.filter((ask) => !known.has(key(ask)));
}

/** An entry of `--allow` that accepts this. */
export function allowEntry({ kind, value }: Ask): string {
  return kind === "commands" || kind === "stdout" ? kind : `${kind}=${value}`;
}

/** What an analyst reads: one line, with nothing in it that a terminal acts on. */
export function inWords({ kind, value, template }: Ask): string {
  const option = template === null
    ? /\{[\w-]+\}/.test(value) && kind !== "commands" ? " (nothing before that option is set)" : ""
    : `, from its option${template.match(/\{[\w-]+\}/g)!.length > 1 ? "s" : ""} in "${oneLine(template, MAX_SHOWN)}"`;
  return words(kind, oneLine(value, MAX_SHOWN)) + option;
}

function words(kind: AskKind, value: string): string {
  const all = value === "*";
  switch (kind) {
    case "net":
      return all ? "connects to everything" : `connects to ${value}`;
    case "read":
      return all ? "reads every file" : `reads files below ${value}`;
    case "write":
      return all ? "writes every file" : `writes, changes and removes files below ${value}`;
    case "run":
      return `runs ${all ? "every program" : value}: a program it runs is outside the sandbox`;
    case "env":
      return all ? "reads every environment variable" : `reads the environment variable ${value}`;
    case "sys":
      return all ? "learns everything about this machine" : `learns about this machine: ${value}`;
    case "stdout":
      return "writes what it makes to standard output";
    case "commands":
      return `[commands]: stoQ runs ${value} for it (${
        hasBubblewrap() ? "in bubblewrap: no network, files read-only" : "not isolated: bubblewrap is not installed"
      })`;
    case "timeout":
      return `may take ${value} s a call instead of ${DEFAULT_LIMITS.timeout}`;
    case "memory":
      return `may use ${value} MiB of memory instead of ${DEFAULT_LIMITS.memory}`;
  }
}

/** The words for what is granted at last, every `{option}` filled in: a line each. */
export function grantedInWords(
  permissions: Readonly<Record<string, readonly string[] | true>>,
  commands: readonly string[],
): string[] {
  const lines = PERMISSION_KINDS.flatMap((kind) => {
    const list = permissions[kind] ?? [];
    return (list === true ? ["*"] : list).map((value) => inWords({ kind, value, template: null }));
  });
  for (const value of commands) lines.push(inWords({ kind: "commands", value, template: null }));
  return lines.length === 0 ? [COMPUTES] : lines;
}

/** What every plugin may do. */
export const COMPUTES = "computes, nothing else";

/** Where a plugin runs, in words. */
export function isolationInWords(isolation: "shared" | "process" | "worker"): string {
  return isolation === "shared"
    ? "shares a sandbox process"
    : isolation === "process"
    ? "has a sandbox process of its own"
    : "runs in the core's process: not isolated from it, nor from other plugins there";
}
