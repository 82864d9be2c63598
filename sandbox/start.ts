/**
 * Starts sandbox processes. The command starts the one that most scans need before it has loaded itself: by the time it knows what to ask
 * for, the process is there.
 *
 * @module
 */
import { type BulkFiles, hideFrom, makeBulkFiles } from "./bulk.ts";
import { embeddedMain, embeddedParts, GUEST_MODULE } from "./embedded.ts";
import { encodeFrame, FrameWriter } from "./frames.ts";
import { builtinFolders, sandboxCommand } from "./launch.ts";
import { workerPermissions } from "./permissions.ts";
import type { ToProcess } from "./process_protocol.ts";
import type { PluginSpec } from "./sandbox.ts";

/** V8 heap of a shared process's Workers, in MiB; the plugins' own limits decide when it is killed. */
const SHARED_MEMORY = 1024;

/** A process that has been started, and told what it is. */
export interface StartedProcess {
  readonly child: Deno.ChildProcess;
  readonly files: BulkFiles | null;
  /** Its standard input, and what writes frames to that. */
  readonly input: WritableStreamDefaultWriter<Uint8Array>;
  readonly writer: FrameWriter;
  /** Resolves when the process has been told. */
  readonly told: Promise<void>;
}

let ahead: StartedProcess | undefined;

/**
 * Starts a sandbox process.
 *
 * @param plugin The plugin that it is for; nothing for those that share one.
 * @throws {Error} If it cannot be started.
 */
export function startProcess(plugin?: PluginSpec): StartedProcess {
  if (plugin !== undefined) return start(plugin);
  const started = ahead ?? start();
  ahead = undefined;
  return started;
}

/** Starts the first process that plugins share. Where it is not needed after all, it ends with the command. */
export async function startAhead(): Promise<void> {
  // In a package that was loaded from elsewhere it is not known yet what to start.
  if (embeddedMain() === undefined && !import.meta.url.startsWith("file:")) return;
  try {
    ahead = start();
    ahead.child.unref();
    // What loads next keeps everything else waiting.
    await ahead.told;
  } catch {
    // Whoever needs one will hear of it.
  }
}

function start(plugin?: PluginSpec): StartedProcess {
  if (plugin !== undefined) hideFrom(plugin);
  const files = makeBulkFiles();
  const paths = files?.paths ?? null;
  let child: Deno.ChildProcess;
  let revoke: readonly string[];
  try {
    const command = sandboxCommand(
      plugin === undefined ? [] : [plugin],
      plugin?.limits.memory ?? SHARED_MEMORY,
      paths,
    );
    revoke = command.revoke;
    child = new Deno.Command(command.program, {
      args: command.args,
      env: command.env,
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    files?.close();
    throw error;
  }
  const input = child.stdin.getWriter();
  const guest = plugin === undefined ? sharedPermissions() : null;
  const setup: ToProcess = { type: "setup", files: paths, revoke, guest };
  // Whoever reads the other side sees it if that is gone.
  const told = input.write(encodeFrame(setup, embeddedParts(GUEST_MODULE))).catch(() => {});
  return { child, files, input, writer: new FrameWriter((bytes) => input.write(bytes)), told };
}

/** What every plugin has that shares a process: it can only compute. */
function sharedPermissions(): Deno.PermissionOptionsObject {
  const none = { net: [], read: [], write: [], run: [], env: [], sys: [] };
  return workerPermissions({ permissions: none, code: builtinFolders() });
}
