/**
 * Programs that the host runs for plugins, as their manifests' `[commands]` say, word for word and without a shell: a plugin
 * chooses which and gives the input, never a word of the command line.
 *
 * @module
 */
import type { CommandResult } from "../plugin.ts";
import type { PluginSpec } from "./sandbox.ts";

/** Most bytes of standard output that are kept. */
const MAX_STDOUT = 64 * 1024 * 1024;
/** Most bytes of standard error that are kept. */
const MAX_STDERR = 64 * 1024;

/**
 * Runs a command of a plugin.
 *
 * @throws {Error} If there is no such command, its program cannot be started, or it runs longer than the plugin's timeout.
 */
export async function runCommand(
  { name: plugin, commands, limits }: Pick<PluginSpec, "name" | "commands" | "limits">,
  name: string,
  input: Uint8Array<ArrayBuffer>,
): Promise<CommandResult> {
  const line = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (line === undefined) {
    throw new Error(`Cannot run "${name}": the manifest of plugin "${plugin}" has no such command`);
  }
  const usesFile = line.some((word) => word.includes("{file}"));
  const folder = usesFile ? await Deno.makeTempDir({ prefix: "stoq-" }) : undefined;
  try {
    const file = `${folder}/payload`;
    if (folder !== undefined) await Deno.writeFile(file, input, { mode: 0o600 });
    const [program = "", ...args] = isolated(line.map((word) => word.replaceAll("{file}", file)), folder);
    const kill = AbortSignal.timeout(limits.timeout * 1000);
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(program, {
        args,
        stdin: usesFile ? "null" : "piped",
        stdout: "piped",
        stderr: "piped",
        clearEnv: true,
        env: { PATH: Deno.env.get("PATH") ?? "", LANG: "C.UTF-8", HOME: "/nonexistent" },
        cwd: "/",
      }).spawn();
    } catch (error) {
      throw missing(line[0], plugin, error instanceof Deno.errors.NotFound ? NO_PROGRAM : (error as Error).message);
    }
    const stop = () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has already ended.
      }
    };
    kill.addEventListener("abort", stop);
    try {
      // A program may end without reading all of its input.
      const feed = usesFile ? Promise.resolve() : new Response(input).body!.pipeTo(child.stdin).catch(() => {});
      const [stdout, stderr, { code }] = await Promise.all([
        collect(child.stdout, MAX_STDOUT, stop),
        collect(child.stderr, MAX_STDERR),
        child.status,
        feed,
      ]);
      if (kill.aborted) throw new Error(`"${line[0]}" ran longer than the limit of ${limits.timeout} s and was killed`);
      if (stdout.cut) throw new Error(`"${line[0]}" wrote more than ${MAX_STDOUT} bytes and was killed`);
      const said = new TextDecoder().decode(stderr.bytes);
      // In bubblewrap it is bubblewrap that finds no program.
      if (code !== 0 && said.startsWith("bwrap: execvp ")) throw missing(line[0], plugin, NO_PROGRAM);
      return { code, stdout: stdout.bytes, stderr: said };
    } finally {
      kill.removeEventListener("abort", stop);
    }
  } finally {
    if (folder !== undefined) await Deno.remove(folder, { recursive: true });
  }
}

const NO_PROGRAM = "no such program: install it, or name another";

function missing(program: string | undefined, plugin: string, reason: string): Error {
  return new Error(`Cannot run "${program}" for plugin "${plugin}": ${reason}`);
}

/** The command line inside bubblewrap, where that is installed: read-only files, no network, its own processes. */
function isolated(line: readonly string[], folder: string | undefined): readonly string[] {
  if (!hasBubblewrap()) return line;
  return [
    "bwrap",
    ...[
      "--ro-bind",
      "/",
      "/",
      "--dev",
      "/dev",
      "--proc",
      "/proc",
      "--tmpfs",
      "/tmp",
      "--unshare-all",
      "--die-with-parent",
    ],
    ...(folder === undefined ? [] : ["--ro-bind", folder, folder]),
    // A program, or a file that the command line names, may itself be where temporary files are hidden.
    ...line.filter((word) => word.startsWith("/tmp/")).flatMap((word) => ["--ro-bind-try", word, word]),
    "--",
    ...line,
  ];
}

let bubblewrap: boolean | undefined;

/** Whether programs can be run in bubblewrap here: it is installed, and the kernel lets it make namespaces. */
export function hasBubblewrap(): boolean {
  if (bubblewrap === undefined) {
    try {
      const probe = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--", "true"];
      bubblewrap = new Deno.Command("bwrap", { args: probe, stdout: "null", stderr: "null" }).outputSync().success;
    } catch {
      bubblewrap = false;
    }
  }
  return bubblewrap;
}

/** Reads a stream to its end, keeping at most `limit` bytes; `full` is called once when there are more. */
async function collect(stream: ReadableStream<Uint8Array>, limit: number, full?: () => void) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let cut = false;
  for await (const chunk of stream) {
    if (size + chunk.length <= limit) chunks.push(chunk);
    else {
      if (!cut) {
        chunks.push(chunk.subarray(0, limit - size));
        full?.();
      }
      cut = true;
    }
    size = Math.min(limit, size + chunk.length);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, cut };
}
