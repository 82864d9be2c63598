/**
 * Takes away from a worker's realm what permissions do not cover (SANDBOX.md, rows 4-9 and 14), before any code of the
 * plugin runs. Everything is by list of what stays: what a new Deno adds is refused until someone adds it here.
 *
 * What is left is still guarded by Deno's permissions; this closes what they leave open.
 *
 * @module
 */
import * as nodeModule from "node:module";
import { STUBBED_MODULES } from "./node_names.ts";
import type { Permissions } from "./protocol.ts";

/** What the guest keeps for itself, taken before the plugin could replace it. */
export interface Powers {
  readonly post: (message: unknown, transfer: ArrayBuffer[]) => void;
  /** Rejects where module hooks are registered and not asked: without them a plugin must not be loaded. */
  readonly checkHooks: () => Promise<void>;
}

/** Key of the symbol under which the generated stub modules find what they export. */
const STUBS = "stoq.stubs";

type Granted = readonly (keyof Permissions)[];

/** Globals that stay: the language, and web APIs that reach nothing outside or that permissions guard. */
const GLOBALS = new Set(
  `Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error
  AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math Intl ArrayBuffer
  Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array BigUint64Array BigInt64Array Uint8ClampedArray
  Float16Array Float32Array Float64Array DataView Map BigInt Set Iterator WeakMap WeakSet Proxy Reflect FinalizationRegistry
  WeakRef decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN Temporal
  SuppressedError DisposableStack AsyncDisposableStack SharedArrayBuffer WebAssembly
  console Deno queueMicrotask AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream
  CountQueuingStrategy CryptoKey CustomEvent DecompressionStream DOMException QuotaExceededError ErrorEvent Event EventTarget
  File FileReader FormData Headers MessageEvent CloseEvent Performance PerformanceEntry PerformanceMark PerformanceMeasure
  PerformanceObserver PerformanceObserverEntryList PromiseRejectionEvent ProgressEvent ReadableStream
  ReadableStreamDefaultReader Request Response TextDecoder TextEncoder TextDecoderStream TextEncoderStream TransformStream URL
  URLPattern URLSearchParams WebSocket MessageChannel MessagePort WritableStream WritableStreamDefaultWriter
  WritableStreamDefaultController ReadableByteStreamController ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController TransformStreamDefaultController atob btoa clearInterval clearTimeout crypto Crypto
  SubtleCrypto fetch EventSource performance process setImmediate clearImmediate Buffer global reportError setInterval
  setTimeout structuredClone WorkerGlobalScope DedicatedWorkerGlobalScope self navigator`.split(/\s+/),
);

/** Members of `Deno` that stay, by the kind of permission that makes them useful. */
const DENO: Readonly<Record<keyof Permissions | "always", readonly string[]>> = {
  always: ["version", "build", "errors", "inspect", "noColor"],
  read: words(`readTextFile readTextFileSync readFile readFileSync readDir readDirSync readLink readLinkSync realPath
    realPathSync stat statSync lstat lstatSync open openSync SeekMode FsFile watchFs`),
  write: words(
    `writeFile writeFileSync writeTextFile writeTextFileSync mkdir mkdirSync remove removeSync rename renameSync
    copyFile copyFileSync makeTempDir makeTempDirSync makeTempFile makeTempFileSync truncate truncateSync chmod chmodSync
    utime utimeSync create createSync open openSync SeekMode FsFile`,
  ),
  net: words(
    `connect connectTls startTls listen listenTls serve resolveDns createHttpClient HttpClient upgradeWebSocket`,
  ),
  env: ["env"],
  sys: words(`hostname osRelease osUptime loadavg networkInterfaces systemMemoryInfo uid gid`),
  run: ["Command", "ChildProcess", "spawn", "spawnAndWait", "spawnAndWaitSync"],
};

/** Modules of Node.js that stay as they are: they compute, or Deno's permissions guard what they do. */
const NODE_MODULES = words(
  `assert assert/strict async_hooks buffer constants crypto diagnostics_channel events fs fs/promises
  path path/posix path/win32 perf_hooks punycode querystring stream stream/consumers stream/promises stream/web
  string_decoder timers timers/promises url util util/types zlib`,
);

/** Those that stay only where `net` was granted. */
const NODE_NET_MODULES = words("dns dns/promises http http2 https net tls");

/** What a plugin is granted, and where what it prints goes. */
export interface HardenSetup {
  /** URL of the plugin's module, which the guest may import whatever its scheme. */
  readonly entry: string;
  readonly granted: Granted;
  /** Names of granted environment variables. */
  readonly env: readonly string[];
  /** Where `console.*` goes. */
  readonly log: (level: "debug" | "info" | "warning" | "error", values: readonly unknown[]) => void;
}

/**
 * Establishes the perimeter. Call once, before the plugin is imported.
 *
 * @returns What only the guest may still do.
 */
export function harden(scope: typeof globalThis, setup: HardenSetup): Powers {
  const { granted, env, log } = setup;
  const realProcess = scope.process;
  const post = (scope as unknown as { postMessage: (m: unknown, t: ArrayBuffer[]) => void }).postMessage.bind(scope);
  const denied = (what: string) => new scope.Error(`${what} is not available in a plugin's sandbox`);

  // Deno's own warnings (a deprecated Buffer constructor, …) would be written to the closed standard error, and fail.
  realProcess.removeAllListeners("warning");
  closeStandardStreams(realProcess);
  closeRawDescriptors(realProcess, denied);
  const values = new Map(env.map((name) => [name, Deno.env.get(name)]));
  const processShim = makeProcess(scope, values, denied);
  // Before the globals go: the real console prints through the closed standard streams.
  fix(scope, "console", makeConsole(log));
  fix(scope, "process", processShim);
  fix(scope, "Deno", makeDeno(granted));
  fix(
    scope,
    "navigator",
    scope.Object.freeze({ userAgent: scope.navigator.userAgent, hardwareConcurrency: 1, language: "en-US" }),
  );
  const checkHooks = installModuleHooks(realProcess, scope, processShim, setup, denied);
  for (const key of Reflect.ownKeys(scope)) {
    if (typeof key === "string" && !GLOBALS.has(key)) delete (scope as unknown as Record<string, unknown>)[key];
  }
  freezeCallers(scope);
  return { post, checkHooks };
}

/**
 * Deno's own code in this realm calls some of its operations by these: replaced, they would hand them to the plugin.
 */
function freezeCallers(scope: typeof globalThis): void {
  for (const name of ["call", "apply", "bind"]) {
    const value = (scope.Function.prototype as unknown as Record<string, unknown>)[name];
    Object.defineProperty(scope.Function.prototype, name, {
      value,
      writable: false,
      configurable: false,
      enumerable: false,
    });
  }
}

/** Rows 5 and 6: this worker's own table of descriptors no longer has 0, 1, 2; the process keeps its own. */
function closeStandardStreams(realProcess: typeof process): void {
  const fs = realProcess.getBuiltinModule("node:fs");
  for (const fd of [0, 1, 2]) fs.closeSync(fd);
}

/**
 * Row 5 again: `new net.Socket({ fd: 1 })` opens a descriptor of the *process*, whatever the worker may do, so that a
 * plugin could write into pipes of the core. Handles can no longer be made from numbers.
 */
function closeRawDescriptors(realProcess: typeof process, denied: (what: string) => Error): void {
  const bindings = realProcess as unknown as {
    binding(name: string): Record<string, { prototype?: object } | undefined>;
  };
  for (const [binding, handle] of [["pipe_wrap", "Pipe"], ["tcp_wrap", "TCP"], ["udp_wrap", "UDP"]] as const) {
    const module = bindings.binding(binding);
    const prototype =
      (module[handle] ?? (module["default"] as Record<string, { prototype?: object }> | undefined)?.[handle])
        ?.prototype;
    if (prototype === undefined) throw new Error(`Cannot close raw descriptors: ${handle} of ${binding} is not there`);
    for (const method of ["open", "openFromRid"]) {
      fix(prototype, method, () => {
        throw denied("a descriptor by number");
      });
    }
  }
}

/** Rows 4, 5, 7, 8: `Deno` with nothing but what the grant is about. */
function makeDeno(granted: Granted): object {
  const kept: Record<string, unknown> = {};
  for (const kind of ["always", ...granted] as const) {
    for (const name of DENO[kind]) {
      const value = (Deno as unknown as Record<string, unknown>)[name];
      if (value !== undefined) kept[name] = value;
    }
  }
  return Object.freeze(kept);
}

/** Rows 4, 7, 8: a `process` that answers what libraries ask while they load, and can do nothing. */
function makeProcess(scope: typeof globalThis, env: Map<string, string | undefined>, denied: (what: string) => Error) {
  const real = scope.process;
  const shim: Record<string, unknown> = {
    env: Object.fromEntries([...env].filter(([, value]) => value !== undefined)),
    argv: ["deno", "plugin"],
    argv0: "deno",
    execArgv: [],
    execPath: "",
    title: "plugin",
    pid: 0,
    ppid: 0,
    platform: real.platform,
    arch: real.arch,
    version: real.version,
    versions: { ...real.versions },
    release: { name: "node" },
    config: { target_defaults: {}, variables: {} },
    features: {},
    exitCode: undefined,
    // Streams that only look like ones: what is written goes to the log.
    stdout: { fd: 1, isTTY: false, write: (text: unknown) => (scope.console.log(String(text)), true) },
    stderr: { fd: 2, isTTY: false, write: (text: unknown) => (scope.console.warn(String(text)), true) },
    cwd: () => "/",
    umask: () => 0o22,
    uptime: () => scope.performance.now() / 1000,
    hrtime: Object.assign((since?: [number, number]) => real.hrtime(since), { bigint: () => real.hrtime.bigint() }),
    nextTick: (task: (...args: unknown[]) => void, ...args: unknown[]) => scope.queueMicrotask(() => task(...args)),
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    emitWarning: (warning: unknown) => scope.console.warn(String(warning)),
    getuid: () => 1000,
    getgid: () => 1000,
    geteuid: () => 1000,
    getegid: () => 1000,
  };
  for (
    const name of words("on once off addListener removeListener removeAllListeners prependListener setMaxListeners")
  ) {
    shim[name] = () => shim;
  }
  shim["emit"] = () => false;
  shim["listeners"] = () => [];
  shim["listenerCount"] = () => 0;
  for (
    const name of words("kill exit reallyExit abort chdir binding dlopen getBuiltinModule setuid setgid loadEnvFile")
  ) {
    shim[name] = () => {
      throw denied(`process.${name}`);
    };
  }
  return shim;
}

/** Row 5: a console whose lines go to the log of the core. */
function makeConsole(log: HardenSetup["log"]): object {
  const nothing = () => {};
  const write = (level: "debug" | "info" | "warning" | "error") => (...values: unknown[]) => log(level, values);
  return {
    debug: write("debug"),
    trace: write("debug"),
    log: write("info"),
    info: write("info"),
    dir: write("info"),
    table: write("info"),
    warn: write("warning"),
    error: write("error"),
    assert: (ok: unknown, ...values: unknown[]) => ok ? undefined : log("error", values),
    ...Object.fromEntries(
      words("clear count countReset group groupCollapsed groupEnd time timeEnd timeLog").map((n) => [n, nothing]),
    ),
  };
}

/**
 * Rows 1-4, 9 and 14 for `node:` modules and imports: hooks that see every import and require of this worker. Modules not on the
 * list come as stubs with the same names, so that a library that only mentions one still loads; using it throws.
 *
 * The hooks run in the plugin's realm, after it could have replaced any method: so they only compare, and look up in objects
 * without a prototype.
 */
function installModuleHooks(
  realProcess: typeof process,
  scope: typeof globalThis,
  processShim: Record<string, unknown>,
  { granted, entry }: HardenSetup,
  denied: (what: string) => Error,
): () => Promise<void> {
  const keep = [...NODE_MODULES, ...(granted.includes("net") ? NODE_NET_MODULES : [])];
  const allowed: Record<string, true> = nullObject();
  for (const bare of keep) allowed[bare] = allowed[`node:${bare}`] = true;
  /** URL of the stub by specifier, and its source by URL. */
  const stubbed: Record<string, string> = nullObject();
  const sources: Record<string, string> = nullObject();
  const exports = stubExports(scope, processShim, keep, denied);
  for (const [bare, names] of Object.entries(exports)) {
    if (allowed[bare] === true) continue;
    const url = `stoq-denied:///${bare}`;
    stubbed[bare] = stubbed[`node:${bare}`] = url;
    sources[url] = `const m = globalThis[Symbol.for("${STUBS}")][${JSON.stringify(bare)}];\nexport default m;\n` +
      Object.keys(names).filter((name) => name !== "default")
        .map((name, i) => `const e${i} = m["${name}"];\nexport { e${i} as "${name}" };\n`).join("");
  }
  fix(scope, Symbol.for(STUBS), exports);

  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      if (allowed[specifier] === true) {
        const resolved = next(specifier, context);
        if (allowed[resolved.url] !== true) throw denied(`module "${resolved.url}"`);
        return resolved;
      }
      // Deno 2.9.6 links a static import of this one to the real module, whatever a hook answers; only an error stops it.
      if (isWorkerThreads(specifier) && context.conditions[1] !== "require") throw denied(`module "${specifier}"`);
      const stub = stubbed[specifier];
      if (stub !== undefined) return { url: stub, format: "module", shortCircuit: true };
      if (specifier !== entry && !isLocal(specifier)) throw denied(`module "${specifier}"`);
      const resolved = next(specifier, context);
      if (isNode(resolved.url) && allowed[resolved.url] !== true) throw denied(`module "${specifier}"`);
      return resolved;
    },
    load(url, context, next) {
      const source = sources[url];
      if (source !== undefined) return { source, format: "module", shortCircuit: true };
      const loaded = next(url, context);
      // Under hooks, Deno 2.9.6 takes a JSON file that CommonJS requires for a script.
      return /\.json$/.test(url) && context.conditions[1] === "require" ? { ...loaded, format: "json" } : loaded;
    },
  });
  // A hook registered later would be asked first, and could answer for ours. CommonJS modules reach this object.
  const Module = realProcess.getBuiltinModule("node:module");
  for (const name of ["registerHooks", "register", "_preloadModules", "runMain", "_initPaths"]) {
    if (name in Module) fix(Module, name, undefined);
  }
  // CommonJS resolves and loads by what stands here: replaced, it would hand out another module than the hook has seen.
  Object.freeze(Module);
  Object.freeze((Module as unknown as { prototype: object }).prototype);
  const CheckError = scope.Error;
  return async () => {
    const { default: module } = await import("node:child_process");
    if (module as unknown === exports["child_process"]) return;
    throw new CheckError("this Deno asks no module hooks, without which there is no sandbox: use another version");
  };
}

/** What each stub module exports: functions that throw when called or constructed, and the few facts that libraries ask for. */
function stubExports(
  scope: typeof globalThis,
  processShim: Record<string, unknown>,
  keep: readonly string[],
  denied: (what: string) => Error,
): Record<string, Record<string, unknown>> {
  const exports: Record<string, Record<string, unknown>> = nullObject();
  for (const [bare, names] of Object.entries(STUBBED_MODULES)) {
    const stub: Record<string, unknown> = exports[bare] = nullObject();
    for (const name of words(names)) {
      if (name.endsWith(":")) stub[name.slice(0, -1)] = {};
      else {
        // Not an arrow function: a library may extend it while it loads.
        stub[name] = function () {
          throw denied(`${name} of node:${bare}`);
        };
      }
    }
  }
  exports["process"] = processShim;
  exports["console"] = scope.console as unknown as Record<string, unknown>;
  Object.assign(exports["os"]!, osFacts());
  Object.assign(exports["tty"]!, { isatty: () => false });
  Object.assign(exports["worker_threads"]!, { isMainThread: true, threadId: 0, parentPort: null, workerData: null });
  Object.assign(exports["module"]!, {
    createRequire: nodeModule.createRequire,
    builtinModules: [...keep],
    isBuiltin: (name: string) => keep.includes(name),
  });
  return exports;
}

function isWorkerThreads(specifier: string): boolean {
  return specifier === "node:worker_threads" || specifier === "worker_threads";
}

/**
 * Whether a specifier is a path, a `file:` URL (Deno checks `read` for both) or a bare name. Everything with another scheme is
 * refused before Deno looks at it: resolving `npm:` or `jsr:` asks a registry for the name, and a plugin could so send out what it
 * knows as the name of a package; `data:` and `blob:` modules could hold such an import, where no hook sees it in time.
 * White space and controls are refused too, since URL parsers drop them.
 */
function isLocal(specifier: string): boolean {
  for (let i = 0; i < specifier.length; i++) {
    const char = specifier[i]!;
    if (char <= " " || char === ":" && !isFile(specifier)) return false;
  }
  return true;
}

function isFile(specifier: string): boolean {
  const prefix = "file:///";
  for (let i = 0; i < prefix.length; i++) if (specifier[i] !== prefix[i]) return false;
  return true;
}

function isNode(url: string): boolean {
  const prefix = "node:";
  for (let i = 0; i < prefix.length; i++) if (url[i] !== prefix[i]) return false;
  return true;
}

/** What libraries ask of `node:os` while they load; nothing of this machine. */
function osFacts(): Record<string, unknown> {
  return {
    EOL: "\n",
    release: () => "0.0.0",
    hostname: () => "localhost",
    cpus: () => [],
    userInfo: () => ({ username: "plugin", uid: 1000, gid: 1000, shell: null, homedir: "/" }),
    homedir: () => "/",
    tmpdir: () => "/tmp",
    platform: () => "linux",
    type: () => "Linux",
    arch: () => "x64",
    endianness: () => "LE",
    totalmem: () => 0,
    freemem: () => 0,
    networkInterfaces: () => ({}),
    loadavg: () => [0, 0, 0],
    uptime: () => 0,
    version: () => "",
    machine: () => "x86_64",
    availableParallelism: () => 1,
  };
}

function nullObject<T>(): Record<string, T> {
  return Object.create(null);
}

/** Defines a property that nobody can change again. */
function fix(target: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: false, configurable: false, enumerable: true });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
