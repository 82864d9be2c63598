/**
 * Runs 7-Zip's command line, compiled to WebAssembly, on bytes in memory: one instance a run, nothing kept.
 *
 * The walls around it are the functions that the module imports: what it writes to its standard streams goes to the
 * caller, who may end the run by throwing a {@linkcode Stop}; the clock is UTC; memory and time have a limit.
 *
 * @module
 */
import process from "node:process";
import SevenZip, { type SevenZipModuleFactory } from "7z-wasm";

/** Name of the archive in the file system that 7-Zip sees: no extension, so that only the content decides the type. */
export const ARCHIVE_PATH = "/_";

/** Name of the list of members that are to be left out, when there is one. */
export const EXCLUDE_PATH = "/exclude";

/** Size of a page of WebAssembly memory (WebAssembly core specification, 4.2.8). */
const PAGE = 65536;

/**
 * What 7-Zip may allocate besides the payload. `7z -mx9` takes 64 MiB for its dictionary, `zstd --ultra -22` 128 MiB; a hostile
 * header may ask for 4 GiB.
 */
export const MAX_MEMORY = 320 * 2 ** 20;

/** Thrown by a hook to end a run: passes through the module, which catches no JavaScript exceptions. */
export class Stop extends Error {
  /** @param reason What the run ended for: the time, or what the hook's owner says. */
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** The reason of the {@linkcode Stop} at the deadline. */
export const TIMED_OUT = "timeout";

/** How a run ended. */
export type RunEnd =
  | { readonly kind: "exited"; readonly outOfMemory: boolean }
  | { readonly kind: "stopped"; readonly reason: string }
  | { readonly kind: "crashed"; readonly message: string };

/** What a run needs. */
export interface Run {
  /** The archive; not changed. */
  readonly content: Uint8Array;
  /** Arguments of the `7z` command. */
  readonly args: readonly string[];
  /** When to stop, in milliseconds of `Date.now()`. */
  readonly deadline: number;
  /** Paths that {@linkcode EXCLUDE_PATH} lists, one a line. */
  readonly exclude?: readonly string[];
  /** Gets standard output, a view that is only valid during the call. */
  stdout(bytes: Uint8Array): void;
  /** Gets standard error, a view that is only valid during the call. */
  stderr(bytes: Uint8Array): void;
}

/** The package's CommonJS form is typed as a namespace, its ESM form exports the function itself. */
const createModule: SevenZipModuleFactory = "default" in SevenZip ? SevenZip.default : SevenZip;

/** Runs `7z ARGS` in a fresh instance of the compiled module. Never throws. */
export async function runSevenZip(module: WebAssembly.Module, run: Run): Promise<RunEnd> {
  let end: RunEnd = { kind: "crashed", message: "did not start" };
  const instantiate = (imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) => {
    const instance: WebAssembly.Instance = new WebAssembly.Instance(
      module,
      walled(imports, run, () => instance.exports),
    );
    const isOutOfMemory = limitMemory(memoryOf(instance.exports));
    const main = functionOf(instance.exports["__main_argc_argv"]);
    const guarded = (argc: number, argv: number) => {
      end = outcomeOf(() => main(argc, argv), isOutOfMemory);
      // The one value that the surrounding code takes as a normal end; anything else sets the exit status of the process.
      throw "unwind";
    };
    receive({ exports: { ...instance.exports, __main_argc_argv: guarded } });
    return {};
  };
  const options = { noFSInit: false, instantiateWasm: instantiate, stdin: () => 0, stdout: () => {}, stderr: () => {} };
  try {
    const { FS, callMain } = await asBrowser(() => createModule(options));
    const file = FS.open(ARCHIVE_PATH, "w");
    // The last argument lets the file system use the array itself instead of a copy.
    FS.write(file, run.content, 0, run.content.length, 0, true);
    FS.close(file);
    if (run.exclude !== undefined) FS.writeFile(EXCLUDE_PATH, run.exclude.join("\n"));
    callMain([...run.args]);
  } catch (error) {
    end = { kind: "crashed", message: String(error) };
  }
  return end;
}

/**
 * The package looks for Node when its function is called, and then wants files, standard input and the exit status. `type` is how
 * Electron's renderer says that it is no Node.
 */
function asBrowser<T>(start: () => T): T {
  Object.defineProperty(process, "type", { value: "renderer", configurable: true });
  try {
    return start();
  } finally {
    Reflect.deleteProperty(process, "type");
  }
}

/** Thrown in place of ending the process. */
class Exit extends Error {}

/** A C++ exception: the module was built without handlers for them, so each ends the run. */
class CppException extends Error {}

/** The exit status says less than the log does: it is not kept. */
function outcomeOf(main: () => void, isOutOfMemory: () => boolean): RunEnd {
  try {
    main();
    return { kind: "exited", outOfMemory: isOutOfMemory() };
  } catch (error) {
    if (error instanceof Stop) return { kind: "stopped", reason: error.reason };
    if (error instanceof Exit) return { kind: "exited", outOfMemory: isOutOfMemory() };
    return { kind: "crashed", message: error instanceof Error ? error.message : String(error) };
  }
}

/** The imports of the module with our own standard streams, clock, exceptions and deadline. */
function walled(imports: WebAssembly.Imports, run: Run, exports: () => WebAssembly.Exports): WebAssembly.Imports {
  const { env = {}, wasi_snapshot_preview1: wasi = {} } = imports;
  const view = () => new DataView(memoryOf(exports()).buffer);
  const text = (pointer: number) => cString(new Uint8Array(memoryOf(exports()).buffer), pointer);
  const read = functionOf(wasi["fd_read"]);
  const gmtime = functionOf(env["_gmtime_js"]);
  const checkDeadline = () => {
    if (Date.now() >= run.deadline) throw new Stop(TIMED_OUT);
  };
  return {
    ...imports,
    wasi_snapshot_preview1: {
      ...wasi,
      fd_read(fd: number, ...rest: number[]) {
        checkDeadline();
        return read(fd, ...rest);
      },
      // WASI preview 1, `fd_write`: an array of (pointer, length) pairs; the number of written bytes goes to `written`.
      // Only standard streams are ever written: 7-Zip runs with `-so`.
      fd_write(fd: number, vectors: number, count: number, written: number) {
        checkDeadline();
        let total = 0;
        for (let i = 0; i < count; i++) {
          const memory = view();
          const length = memory.getUint32(vectors + 8 * i + 4, true);
          if (length === 0) continue;
          const bytes = new Uint8Array(memory.buffer, memory.getUint32(vectors + 8 * i, true), length);
          if (fd === 1) run.stdout(bytes);
          else run.stderr(bytes);
          total += length;
        }
        view().setUint32(written, total, true);
        return 0;
      },
    },
    env: {
      ...env,
      exit(code: number) {
        throw new Exit(`exit ${code}`);
      },
      // Itanium C++ ABI, 2.9.2: the second word of a type_info is the mangled name of the type.
      __cxa_throw(_exception: number, type: number) {
        throw new CppException(`C++ exception ${text(view().getUint32(type + 4, true))}`);
      },
      // Times without a zone (DOS times) must not depend on where this runs: local time is UTC.
      _tzset_js(timezone: number, daylight: number, standardName: number, daylightName: number) {
        view().setInt32(timezone, 0, true);
        view().setInt32(daylight, 0, true);
        for (const name of [standardName, daylightName]) view().setUint32(name, 0x435455, true); // "UTC\0"
      },
      _localtime_js(time: bigint, tm: number) {
        gmtime(time, tm);
        view().setInt32(tm + 32, 0, true); // tm_isdst
        view().setInt32(tm + 36, 0, true); // tm_gmtoff
      },
      _mktime_js(tm: number) {
        const field = (index: number) => view().getInt32(tm + 4 * index, true);
        const time = Date.UTC(1900 + field(5), field(4), field(3), field(2), field(1), field(0));
        return Number.isNaN(time) ? -1n : BigInt(time / 1000);
      },
    },
  };
}

/**
 * Makes the memory refuse to grow past {@linkcode MAX_MEMORY}: an allocation then fails as if there were no more.
 * @returns Tells whether that happened.
 */
function limitMemory(memory: WebAssembly.Memory): () => boolean {
  const grow = memory.grow.bind(memory);
  let refused = false;
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * PAGE <= MAX_MEMORY) return grow(pages);
    refused = true;
    throw new RangeError("out of memory");
  };
  return () => refused;
}

function memoryOf(exports: WebAssembly.Exports): WebAssembly.Memory {
  const memory = exports["memory"];
  if (!(memory instanceof WebAssembly.Memory)) {
    throw new TypeError("7zz.wasm exports no memory: use that of 7z-wasm 1.2.0");
  }
  return memory;
}

function functionOf(value: unknown): (...args: unknown[]) => unknown {
  if (typeof value !== "function") throw new TypeError("7zz.wasm lacks a function: use that of 7z-wasm 1.2.0");
  return (...args) => value(...args);
}

function cString(bytes: Uint8Array, pointer: number): string {
  const end = bytes.indexOf(0, pointer);
  return new TextDecoder("latin1").decode(bytes.subarray(pointer, Math.min(end, pointer + 100)));
}
