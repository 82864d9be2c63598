import { isAbsolute } from "node:path";
import type { PluginContext, PluginOptions, ProviderItem, ProviderPlugin } from "../../plugin.ts";
import { Changes, CLOSING_IS_TOLD } from "./changes.ts";
import { Folder } from "./folder.ts";
import { reason } from "./files.ts";

/** Milliseconds between two looks at the directory where events tell of changes: the safety net for those that get lost. */
const LOOK_INTERVAL = 10_000;
/** Seconds that `settle_time` may be. */
const SETTLE_TIME = { least: 0.01, most: 86_400 } as const;

/** New files in a directory, once they are complete. */
export default class Dirmon implements ProviderPlugin {
  readonly #context: PluginContext;
  readonly #root: string;
  readonly #recursive: boolean;
  /** Milliseconds. */
  readonly #settleTime: number;
  /** Kept when `ingest` fails and is called again, so that what came meanwhile is new. */
  readonly #folder: Folder;

  constructor(context: PluginContext) {
    const { options, log } = context;
    this.#context = context;
    this.#root = sourceDir(options);
    this.#recursive = options.getBoolean("recursive", false);
    this.#settleTime = 1000 * settleTime(options);
    this.#folder = new Folder({
      root: this.#root,
      recursive: this.#recursive,
      existing: options.getBoolean("existing", false),
      settleTime: this.#settleTime,
      closingIsTold: CLOSING_IS_TOLD,
      log,
      now: () => performance.now(),
    });
  }

  async *ingest(): AsyncGenerator<ProviderItem> {
    const { signal, log } = this.#context;
    if (this.#root === "") throw wrongSource("not set", "it must be the path of a directory");
    using stopped = new DisposableStack();
    stopped.defer(() => log.info(`no longer watching "${this.#root}"`));
    // Before the first look, so that nothing comes between the two.
    const changes = stopped.use(this.#watch());
    await this.#look();
    log.info(`watching "${this.#root}" for new files`);
    while (!signal.aborted) {
      const interval = changes.running ? LOOK_INTERVAL : this.#settleTime;
      if (this.#folder.untilLook(interval) <= 0) await this.#look();
      for (const path of this.#folder.settled()) {
        const content = await this.#folder.take(path);
        if (content !== undefined) yield { payload: { content, payloadMeta: { extraData: this.#whereFrom(path) } } };
        if (signal.aborted) return;
      }
      // An event needs no waking up: what it tells of is complete after the settle time at the earliest.
      await pause(Math.min(this.#folder.untilSettled(), this.#folder.untilLook(interval), this.#settleTime), signal);
    }
  }

  #watch(): Disposable & { readonly running: boolean } {
    const poll = (error: unknown) => {
      state.running = false;
      this.#context.log.warning(
        `cannot get events of "${this.#root}": ${reason(error)}: looking at it every ${this.#settleTime / 1000} s`,
      );
    };
    const state = { running: false, [Symbol.dispose]: () => {} };
    try {
      const changes = new Changes(this.#root, this.#folder, { recursive: this.#recursive });
      state.running = true;
      state[Symbol.dispose] = () => changes[Symbol.dispose]();
      changes.listen().catch(poll);
    } catch (error) {
      poll(error);
    }
    return state;
  }

  async #look(): Promise<void> {
    try {
      await this.#folder.look(this.#context.signal);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      throw new Error(`Cannot read source_dir "${this.#root}": ${reason(error)}`, { cause: error });
    }
  }

  #whereFrom(path: string): { filename: string; source_dir: string } {
    const end = path.lastIndexOf("/");
    const root = isAbsolute(this.#root) ? this.#root : Deno.realPathSync(this.#root);
    return { filename: path.slice(end + 1), source_dir: end === -1 ? root : `${root}/${path.slice(0, end)}` };
  }
}

/**
 * Path of the directory, without a separator at its end; empty where it is not set, which only matters once it is needed. Read as
 * a list, as the permission made of it is.
 */
function sourceDir(options: PluginOptions): string {
  const [given = "", ...others] = options.getList("source_dir", []);
  if (given === "") return given;
  if (others.length > 0) throw wrongSource(`${others.length + 1} paths`, "it must be one, without a comma");
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(given);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw wrongSource(JSON.stringify(given), reason(error));
  }
  if (!info.isDirectory) throw wrongSource(JSON.stringify(given), "it must be the path of a directory");
  return given.replace(/(?<=.)\/+$/, "");
}

function wrongSource(is: string, remedy: string): TypeError {
  return new TypeError(`Option "source_dir" of plugin "dirmon" is ${is}: ${remedy}`);
}

function settleTime(options: PluginOptions): number {
  const seconds = options.getNumber("settle_time", 1);
  const { least, most } = SETTLE_TIME;
  if (seconds >= least && seconds <= most) return seconds;
  throw new TypeError(
    `Option "settle_time" of plugin "dirmon" is ${seconds}: it must be a number of seconds from ${least} to ${most}`,
  );
}

/** Waits, but not longer than until the signal. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, milliseconds));
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
