/**
 * How a sandbox process is started: the command starting itself again, with no more permissions than its plugins need together. So a
 * plugin that would break out of its Worker still could do no more than it was granted.
 *
 * @module
 */
import type { BulkFiles } from "./bulk.ts";
import { hasBubblewrap } from "./commands.ts";
import { embeddedMain, isEmbedded, PROCESS_MODULE, readEmbedded } from "./embedded.ts";
import { PERMISSIONS, type Permissions } from "./protocol.ts";
import type { PluginSpec } from "./sandbox.ts";

/** Environment variables that Deno itself needs. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "LOCALAPPDATA",
  "SystemRoot",
  "TEMP",
  "TMP",
  "TMPDIR",
  "DENO_DIR",
  "XDG_CACHE_HOME",
];

/** The sub-command by which the single-file command starts as a sandbox process. */
export const SANDBOX_COMMAND = "sandbox-process";

/** The checkout. */
const ROOT = import.meta.dirname?.slice(0, -"/sandbox".length);

/** How a sandbox process is started. Nothing that tells of plugins is in its arguments, which these could read. */
export interface SandboxCommand {
  readonly program: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  /** Kinds of permissions that the process gives up once it has opened its files. */
  readonly revoke: readonly string[];
}

/**
 * The command of a sandbox process for the given plugins.
 *
 * @param files Those of contents and of answers, if there are any.
 */
export function sandboxCommand(
  plugins: readonly PluginSpec[],
  memory: number,
  files: BulkFiles["paths"] | null,
): SandboxCommand {
  const env: Record<string, string> = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", DENO_NO_PROMPT: "1" };
  for (const name of [...PASSED_ON, ...plugins.flatMap(({ permissions }) => names(permissions.env))]) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  const embedded = embeddedMain();
  // A compiled binary takes no permissions by flag: it gives up what it does not need when it starts.
  if (Deno.build.standalone) {
    const needed = neededPermissions(plugins);
    const revoke = [...PERMISSIONS.filter((kind) => !needed.has(kind)), "ffi", "import"];
    return { program: Deno.execPath(), args: [SANDBOX_COMMAND], env, revoke };
  }
  const needed = neededPermissions(plugins, ...files ?? []);
  const args = [
    "run",
    "--unstable-worker-options",
    "--no-prompt",
    // Nothing is fetched, whatever a plugin imports: asking a registry for a name would tell it.
    "--cached-only",
    // Versions come from the lock file, which no plugin can change; one file has no use for any.
    ...(embedded === undefined ? ["--frozen"] : ["--no-config", "--no-lock", "--no-npm"]),
    "--no-check",
    "--quiet",
    // The heap of each Worker; what V8 does not count is watched from outside.
    `--v8-flags=--max-old-space-size=${Math.ceil(memory)}`,
    ...[...needed].map(([kind, values]) => `--allow-${kind}${values === true ? "" : `=${values.join(",")}`}`),
    ...entry(embedded),
  ];
  return { program: Deno.execPath(), args, env, revoke: [] };
}

/** What it starts with, and the arguments of that. */
function entry(embedded: string | undefined): string[] {
  if (embedded === undefined) return [new URL("./process_main.ts", import.meta.url).href];
  // Windows has a limit of 32 KiB for all arguments together.
  if (Deno.build.os === "windows") return [embedded, SANDBOX_COMMAND];
  // Not the whole file, most of which is plugins: the process is given those that it is for.
  return [`data:text/javascript;base64,${readEmbedded(PROCESS_MODULE).toBase64()}`];
}

/**
 * What a sandbox process for the given plugins may do, by kind; what is left out it may not do at all.
 *
 * @param readable A file that the process itself reads.
 * @param writable One that it writes.
 */
function neededPermissions(
  plugins: readonly PluginSpec[],
  readable = "",
  writable = "",
): Map<keyof Permissions, string[] | true> {
  const needed = new Map<keyof Permissions, string[] | true>();
  const add = (kind: keyof Permissions, extra: readonly string[] = []) => {
    const values = plugins.map(({ permissions }) => permissions[kind]);
    if (values.includes(true)) return needed.set(kind, true);
    const all = [...new Set([...values.flatMap(names), ...extra])];
    const comma = all.find((value) => value.includes(","));
    if (comma !== undefined) {
      throw new Error(`"${comma}" has a comma, which Deno's --allow-${kind} cannot take: use another name`);
    }
    if (all.length > 0) needed.set(kind, all);
  };
  const commands = plugins.flatMap(({ commands }) => Object.values(commands));
  const programs = commands.flatMap(([program]) => program === undefined ? [] : [program]);
  const needsFile = commands.some((line) => line.some((word) => word.includes("{file}")));
  add("read", [
    ...(readable === "" ? [] : [readable]),
    ...ownFolders(),
    ...plugins.flatMap(({ folder, code, assets }) => [
      ...(isEmbedded(folder) ? [] : [folder]),
      ...code,
      ...Object.values(assets).filter((path) => path.startsWith("/")),
    ]),
  ]);
  add("write", [...(writable === "" ? [] : [writable]), ...(needsFile ? [tempFolder()] : [])]);
  add("net");
  add("run", programs.length === 0 ? [] : [...programs, ...(hasBubblewrap() ? ["bwrap"] : [])]);
  add("env", programs.length === 0 ? [] : ["PATH"]);
  add("sys");
  return needed;
}

/** Folders of a checkout that Workers load modules from; one file has all in it. */
function ownFolders(): string[] {
  return embeddedMain() === undefined
    ? [import.meta.dirname!, `${ROOT}/core/response.ts`, `${ROOT}/deno.json`, ...builtinFolders()]
    : [];
}

/** Where a built-in plugin loads modules from: all of them, which hold nothing but code that everyone has. */
export function builtinFolders(): string[] {
  return embeddedMain() === undefined ? [`${ROOT}/plugins`] : [];
}

function names(value: readonly string[] | boolean): string[] {
  return typeof value === "boolean" ? [] : [...value];
}

function tempFolder(): string {
  return Deno.env.get("TMPDIR") ?? "/tmp";
}
