/**
 * What the tests of run mode share: a base directory with fixture plugins, and the command in it.
 *
 * @module
 */
import { type RunOptions, type RunSummary, Stoq, type StoqOptions } from "../../mod.ts";
import { fromFileUrl, writePlugin } from "../support.ts";
import { Board } from "./board.ts";

/** The fixture plugins in `plugins/`. */
type Kind = "source" | "sink" | "gate" | "store";

/** What tests look at of a response's JSON. */
export interface Saved {
  readonly results: {
    readonly size: number;
    readonly payload_meta: { readonly extra_data: Record<string, unknown> };
    readonly workers: Record<string, unknown>[];
    readonly archivers: Record<string, unknown>;
  }[];
  readonly request_meta: {
    readonly archive_payloads: boolean;
    readonly source: string | null;
    readonly extra_data: Record<string, unknown>;
  };
  readonly errors: Record<string, string[]>;
  readonly decorators: Record<string, unknown>;
}

/** A base directory for one test, with its board. */
export class Home implements AsyncDisposable {
  readonly path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "stoq-run-" }));
  readonly board: Board = new Board();

  constructor() {
    Deno.mkdirSync(`${this.path}/plugins`);
  }

  /** Puts fixture plugins in place under their own names. */
  withPlugins(...kinds: Kind[]): this {
    for (const kind of kinds) this.addPlugin(kind);
    return this;
  }

  /** Puts a fixture plugin in place. @param options Its options. */
  addPlugin(kind: Kind, name: string = kind, options: Record<string, string | number> = {}): this {
    const lines = Object.entries(options).map(([key, value]) => `${key} = ${value}`);
    return this.writePlugin(
      name,
      Deno.readTextFileSync(new URL(`plugins/${kind}.ts`, import.meta.url)),
      [
        ...["[options]", `board = ${this.board.address}`, ...lines],
        ...["[permissions]", "net = {board}", "[limits]", "concurrency = 100"],
      ].join("\n"),
    );
  }

  /** Writes a plugin of the test's own. */
  writePlugin(name: string, module: string, sections = ""): this {
    writePlugin(`${this.path}/plugins`, name, module, sections);
    return this;
  }

  /** Writes stoq.cfg. @param core Keys of `[core]`. */
  configure(core: Record<string, string | number>, sections = ""): this {
    const lines = Object.entries(core).map(([key, value]) => `${key} = ${value}`);
    Deno.writeTextFileSync(`${this.path}/stoq.cfg`, `[core]\n${lines.join("\n")}\n${sections}\n`);
    return this;
  }

  /** Writes files below the directory. */
  writeFiles(files: Record<string, string | Uint8Array>): this {
    for (const [name, content] of Object.entries(files)) {
      const path = `${this.path}/${name}`;
      Deno.mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
      if (typeof content === "string") Deno.writeTextFileSync(path, content);
      else Deno.writeFileSync(path, content);
    }
    return this;
  }

  /** Names in a folder below the directory, sorted; none if it is not there. */
  names(folder: string): string[] {
    try {
      return [...Deno.readDirSync(`${this.path}/${folder}`)].map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /** Parsed JSON files of a folder below the directory; `.payload` files are left out. */
  read<T = unknown>(folder: string): T[] {
    return this.names(folder).filter((name) => !name.endsWith(".payload")).map((name) =>
      JSON.parse(Deno.readTextFileSync(`${this.path}/${folder}/${name}`))
    );
  }

  /** What the connector `sink` got for a payload, the first time. */
  saved(filename: string): Saved {
    const saved = (this.board.data as Saved[]).find(({ results }) =>
      results[0]?.payload_meta.extra_data["filename"] === filename
    );
    if (saved === undefined) throw new Error(`nothing is saved for ${filename}: ${this.board.events.join("; ")}`);
    return saved;
  }

  open(options: StoqOptions = {}): Stoq {
    return new Stoq({ baseDir: this.path, logLevel: "critical", sandboxes: 1, ...options });
  }

  /** Runs until the providers are exhausted. */
  async run(options: StoqOptions, run: RunOptions = {}): Promise<RunSummary> {
    await using stoq = this.open(options);
    return await stoq.run(run);
  }

  /** Starts the command, with its folder as STOQ_HOME. */
  start(args: readonly string[], env: Record<string, string> = {}): Command {
    return new Command(args, { STOQ_HOME: this.path, ...env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.board[Symbol.asyncDispose]();
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Program and arguments of the command. */
export function commandLine(args: readonly string[]): [program: string, args: string[]] {
  return [Deno.execPath(), ["run", "-A", fromFileUrl("../cli.ts"), ...args]];
}

/** The command, running. */
export class Command {
  readonly #child: Deno.ChildProcess;
  readonly #texts: { stdout: string; stderr: string } = { stdout: "", stderr: "" };
  readonly #read: Promise<unknown>;
  readonly #looks = new Set<() => void>();

  constructor(args: readonly string[], env: Record<string, string>, [program, words] = commandLine(args)) {
    this.#child = new Deno.Command(program, {
      args: words,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", ...env },
    }).spawn();
    this.#read = Promise.all([this.#follow("stdout"), this.#follow("stderr")]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Resolves once a stream has shown this. */
  shown(stream: "stdout" | "stderr", wanted: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!wanted.test(this.#texts[stream])) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
      // It rejects only where it did not resolve before.
      void this.#read.then(() => reject(new Error(`never shown: ${wanted} in ${this.#texts[stream]}`)));
    });
  }

  /** What it did, once it has ended. */
  async ended(): Promise<{ code: number; signal: string | null; stdout: string; stderr: string }> {
    await this.#read;
    const { code, signal } = await this.#child.status;
    return { code, signal, ...this.#texts };
  }

  async #follow(stream: "stdout" | "stderr"): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child[stream]) {
      this.#texts[stream] += decoder.decode(chunk, { stream: true });
      for (const look of this.#looks) look();
    }
  }
}

/** Process ids of the children of a process, and of theirs. Linux only. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? processState(Number(name)) : null;
    if (stat !== null) parents.set(Number(name), stat.parent);
  }
  const found: number[] = [];
  for (let next = [pid]; next.length > 0;) {
    next = [...parents].filter(([, parent]) => next.includes(parent)).map(([child]) => child);
    found.push(...next);
  }
  return found;
}

/** Whether a process runs: not one that has ended and that nobody has asked for its status. */
export function isRunning(pid: number): boolean {
  const state = processState(pid);
  return state !== null && state.state !== "Z" && state.state !== "X";
}

/** Resolves when none of the processes runs any more. */
export async function allGone(pids: readonly number[]): Promise<void> {
  // Nothing tells of the end of a process that is not ours, so it is looked at again and again.
  while (pids.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function processState(pid: number): { state: string; parent: number } | null {
  try {
    // After the name, which may hold anything, in brackets: state and parent (proc_pid_stat(5)).
    const [, state, parent] = /\) (\S) (\d+) [^)]*$/.exec(Deno.readTextFileSync(`/proc/${pid}/stat`)) ?? [];
    return state === undefined ? null : { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

/** Options of a test that needs Linux: others have no `/proc`, or other signals. */
export function onLinux(name: string): { name: string; ignore: boolean } {
  const ignore = Deno.build.os !== "linux";
  return { name: ignore ? `${name} (skipped: not on Linux)` : name, ignore };
}
