/**
 * Takes away from a worker's realm what permissions do not cover (SANDBOX.md, rows 4-9 and 14), before any code of the
 * plugin runs. Everything is by list of what stays: what a new Deno adds is refused until someone adds it here.
 *
 * What is left is still guarded by Deno's permissions; this closes what they leave open.
 *
 * @module
 */
import * as nodeModule from "node:module";
import type { Permissions } from "./protocol.ts";

/** What the guest keeps for itself, taken before the plugin could replace it. */
export interface Powers {
  readonly post: (message: unknown, transfer: ArrayBuffer[]) => void;
}

/** Key of the symbol under which the generated stub modules find what they export. */
const STUBS = "stoq.stubs";

/** Upper case of the letters in {@linkcode isFetched}, without a method. */
const UPPER: Record<string, string> = nullObject();
for (const letter of "npmjsrhttpnode") UPPER[letter] = letter.toUpperCase();

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

/** Environment variables, program arguments and the like, as libraries ask for them while they load. */
export interface HardenSetup {
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
export function harden(scope: typeof globalThis, { granted, env, log }: HardenSetup): Powers {
  const realProcess = scope.process;
  const post = (scope as unknown as { postMessage: (m: unknown, t: ArrayBuffer[]) => void }).postMessage.bind(scope);
  const denied = (what: string) => new scope.Error(`${what} is not available in a plugin's sandbox`);

  closeStandardStreams(realProcess);
  closeRawDescriptors(realProcess, granted, denied);
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
  installModuleHooks(realProcess, scope, processShim, granted, denied);
  for (const key of Reflect.ownKeys(scope)) {
    if (typeof key === "string" && !GLOBALS.has(key)) delete (scope as unknown as Record<string, unknown>)[key];
  }
  return { post };
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
function closeRawDescriptors(realProcess: typeof process, granted: Granted, denied: (what: string) => Error): void {
  if (!granted.includes("net")) return; // then the modules that could are refused altogether
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
 * The hooks run in the plugin's realm, after it could have replaced any method. So they touch the real modules only with
 * functions taken beforehand, look things up in objects without a prototype, and loop by index.
 */
function installModuleHooks(
  realProcess: typeof process,
  scope: typeof globalThis,
  processShim: Record<string, unknown>,
  granted: Granted,
  denied: (what: string) => Error,
): void {
  const builtin = realProcess.getBuiltinModule.bind(realProcess) as (id: string) => Record<string, unknown> | undefined;
  const { keys, assign } = Object;
  const { stringify } = JSON;
  const allowed: Record<string, true> = nullObject();
  /** Specifier to URL of the stub. */
  const stubbed: Record<string, string> = nullObject();
  /** URL of a stub to the bare name of its module. */
  const bareOf: Record<string, string> = nullObject();
  const keep = new Set([...NODE_MODULES, ...(granted.includes("net") ? NODE_NET_MODULES : [])]);
  for (const name of [...nodeModule.builtinModules, ...NODE_MODULES, ...NODE_NET_MODULES]) {
    const bare = name.startsWith("node:") ? name.slice(5) : name;
    if (!keep.has(bare)) bareOf[`stoq-denied:///${bare}`] = bare;
    for (const specifier of [bare, `node:${bare}`]) {
      if (keep.has(bare)) allowed[specifier] = true;
      else stubbed[specifier] = `stoq-denied:///${bare}`;
    }
  }
  const overrides: Record<string, Record<string, unknown>> = nullObject();
  overrides["os"] = osFacts();
  overrides["tty"] = { isatty: () => false };
  overrides["module"] = {
    createRequire: nodeModule.createRequire,
    builtinModules: [...keep],
    isBuiltin: (name: string) => allowed[name] === true,
  };
  overrides["worker_threads"] = { isMainThread: true, threadId: 0, parentPort: null, workerData: null };

  const stubs: Record<string, Record<string, unknown>> = nullObject();
  stubs["process"] = processShim;
  stubs["console"] = scope.console as unknown as Record<string, unknown>;
  const makeStub = (bare: string): Record<string, unknown> => {
    const stub: Record<string, unknown> = nullObject();
    let real: Record<string, unknown> = nullObject();
    try {
      real = builtin(`node:${bare}`) ?? real;
    } catch {
      // Not in this Deno: a stub without names.
    }
    const names = keys(real);
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const value = real[name];
      const kind = typeof value;
      if (kind === "function") {
        // Not an arrow function: a library may extend it while it loads.
        stub[name] = function () {
          throw denied(`${name} of node:${bare}`);
        };
      } else stub[name] = kind === "object" ? {} : value;
    }
    return overrides[bare] === undefined ? stub : assign(stub, overrides[bare]);
  };
  const sourceOf = (bare: string): string => {
    const stub = stubs[bare] ??= makeStub(bare);
    const names = keys(stub);
    let source = `const m = globalThis[Symbol.for("${STUBS}")](${stringify(bare)});\nexport default m;\n`;
    for (let i = 0; i < names.length; i++) {
      const name = stringify(names[i]!);
      if (name !== '"default"') source += `const e${i} = m[${name}];\nexport { e${i} as ${name} };\n`;
    }
    return source;
  };
  fix(scope, Symbol.for(STUBS), (bare: string) => stubs[bare]);

  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      if (allowed[specifier] === true) return next(specifier, context);
      const stub = stubbed[specifier];
      if (stub !== undefined) return { url: stub, format: "module", shortCircuit: true };
      if (isFetched(specifier)) throw denied(`module "${specifier}"`);
      const resolved = next(specifier, context);
      if (isNode(resolved.url) && allowed[resolved.url] !== true) throw denied(`module "${specifier}"`);
      return resolved;
    },
    load(url, context, next) {
      const bare = bareOf[url];
      if (bare !== undefined) return { source: sourceOf(bare), format: "module", shortCircuit: true };
      return next(url, context);
    },
  });
  // A hook registered later would be asked first, and could answer for ours. CommonJS modules reach this object.
  const Module = builtin("node:module")!;
  for (const name of ["registerHooks", "register", "_preloadModules", "runMain", "_initPaths"]) {
    if (name in Module) fix(Module, name, undefined);
  }
}

/**
 * `npm:`, `jsr:`, `http(s):`, and `node:` of a module on no list. Asking a registry for a name would already tell it: a
 * plugin could send out what it knows as the name of a package.
 */
function isFetched(specifier: string): boolean {
  return hasPrefix(specifier, "npm:") || hasPrefix(specifier, "jsr:") || hasPrefix(specifier, "http") ||
    isNode(specifier);
}

function isNode(specifier: string): boolean {
  return hasPrefix(specifier, "node:");
}

/** `startsWith`, without a method that a plugin could have replaced, and blind to case as URL schemes are. */
function hasPrefix(text: string, prefix: string): boolean {
  for (let i = 0; i < prefix.length; i++) {
    const letter = prefix[i]!;
    const code = text[i];
    if (code !== letter && code !== UPPER[letter]) return false;
  }
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
  return text.trim().split(/\s+/);
}
