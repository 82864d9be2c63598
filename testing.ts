/**
 * Runs one plugin on given bytes, for tests of plugins.
 *
 * @module
 */
import type {
  ArchiverResponse,
  DecoratorResponse,
  DispatcherResponse,
  NewPayload,
  PayloadMeta,
  ProviderItem,
  RequestMeta,
  ScanResponse,
} from "./plugin.ts";

/** What a worker returned, every field filled in. */
export interface WorkerOutcome {
  results: unknown;
  extracted: { content: Uint8Array; payloadMeta: PayloadMeta }[];
  errors: string[];
  dispatchTo: string[];
}

/** What a test may say about the payload besides its bytes. */
export interface PayloadSetup {
  payloadMeta?: Partial<PayloadMeta>;
  request?: Partial<RequestMeta>;
  dispatchMeta?: Record<string, Record<string, unknown>>;
  workers?: Record<string, unknown>[];
}

/** One plugin, opened for a test. */
export interface PluginUnderTest extends AsyncDisposable {
  scan(content: Uint8Array | string, setup?: PayloadSetup): Promise<WorkerOutcome>;
  getDispatches(content: Uint8Array | string, setup?: PayloadSetup): Promise<DispatcherResponse>;
  getDeepDispatches(content: Uint8Array | string, setup?: PayloadSetup): Promise<DispatcherResponse>;
  archive(content: Uint8Array | string, setup?: PayloadSetup): Promise<ArchiverResponse | null>;
  get(task: ArchiverResponse): Promise<NewPayload | null>;
  decorate(response: ScanResponse): Promise<DecoratorResponse | null>;
  save(response: ScanResponse): Promise<void>;
  ingest(): AsyncIterable<ProviderItem>;
}

// TEMPORARY in-process version; the real one runs the plugin in the sandbox with the same interface.
// deno-lint-ignore-file no-explicit-any
export async function openPlugin(
  folder: string | URL,
  setup: { options?: Record<string, string>; home?: string } = {},
): Promise<PluginUnderTest> {
  const dir = folder instanceof URL ? folder : new URL(`./plugins/${folder}/`, import.meta.url);
  const base = dir.href.endsWith("/") ? dir : new URL(dir.href + "/");
  const name = base.pathname.split("/").filter(Boolean).at(-1)!;
  const sections: Record<string, Record<string, string>> = {};
  let section = "", key = "";
  for (const line of Deno.readTextFileSync(new URL(`${name}.stoq`, base)).split(/\r?\n/)) {
    if (/^\s*([;#].*)?$/.test(line)) continue;
    const head = /^\[(.+)\]$/.exec(line);
    if (head) sections[section = head[1]!] = {};
    else if (/^\s/.test(line)) sections[section]![key] += "\n" + line.trim();
    else {
      const m = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line)!;
      sections[section]![key = m[1]!.toLowerCase()] = m[2]!;
    }
  }
  const options: Record<string, string> = { ...sections["options"], ...setup.options };
  const has = (n: string) => (options[n] ?? "") !== "";
  const need = <T>(n: string, fallback: T | undefined, f: (t: string) => T): T => {
    if (has(n)) return f(options[n]!);
    if (fallback === undefined) throw new TypeError(`Option "${n}" of plugin "${name}" is not set`);
    return fallback;
  };
  const context = {
    name,
    options: {
      has,
      getString: (n: string, f?: string) => need(n, f, (t) => t),
      getNumber: (n: string, f?: number) => need(n, f, Number),
      getBoolean: (n: string, f?: boolean) => need(n, f, (t) => /^(true|yes|on|1)$/i.test(t)),
      getList: (n: string, f?: string[]) => need(n, f, (t) => t.split(/[,\n]/).map((x) => x.trim()).filter(Boolean)),
      getJson: (n: string, f?: unknown) => need(n, f, JSON.parse),
    },
    log: Object.fromEntries(
      ["debug", "info", "warning", "error", "critical"].map((l) => [l, (m: string) => console.error(l, m)]),
    ),
    signal: new AbortController().signal,
    asset: async (path: string) => {
      const npm = sections["assets"]?.[path.toLowerCase()];
      return await Deno.readFile(new URL(npm ? import.meta.resolve(npm.replace(/^npm:/, "")) : new URL(path, base)));
    },
    command: async (command: string, input?: Uint8Array) => {
      const [bin, ...args] = sections["commands"]![command]!.replace(/\{(\w+)\}/g, (_, o) => options[o] ?? "").split(/\s+/);
      const child = new Deno.Command(bin!, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
      const writer = child.stdin.getWriter();
      writer.write(input ?? new Uint8Array()).then(() => writer.close()).catch(() => {});
      const out = await child.output();
      return { code: out.code, stdout: out.stdout, stderr: new TextDecoder().decode(out.stderr) };
    },
  };
  const plugin = new (await import(new URL(`${sections["Core"]!["module"]}.ts`, base).href)).default(context);
  const meta = (m: any = {}) => ({ shouldArchive: true, shouldScan: true, extraData: {}, dispatchTo: [], ...m });
  const payload = (content: Uint8Array | string, s: PayloadSetup = {}) => ({
    payloadId: crypto.randomUUID(),
    content: typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content),
    payloadMeta: meta(s.payloadMeta),
    dispatchMeta: s.dispatchMeta ?? {},
    workers: s.workers ?? [],
    pluginsRun: { workers: [], archivers: [] },
    extractedFrom: null,
    extractedBy: null,
  });
  const request = (s: PayloadSetup = {}) => ({ archivePayloads: true, source: null, extraData: {}, ...s.request });
  const response = (r: ScanResponse) => ({ ...r, toJSON: () => r, toString: (n = 4) => JSON.stringify(r, null, n) });
  return {
    async scan(content, s) {
      const r = (await plugin.scan(payload(content, s), request(s))) ?? {};
      return {
        results: r.results === undefined ? undefined : JSON.parse(JSON.stringify(r.results)),
        extracted: (r.extracted ?? []).map((e: any) => ({ content: e.content, payloadMeta: meta(e.payloadMeta) })),
        errors: r.errors ?? [],
        dispatchTo: r.dispatchTo ?? [],
      };
    },
    getDispatches: async (c, s) => (await plugin.getDispatches(payload(c, s), request(s))) ?? {},
    getDeepDispatches: async (c, s) => (await plugin.getDeepDispatches(payload(c, s), request(s))) ?? {},
    archive: async (c, s) => (await plugin.archive(payload(c, s), request(s))) ?? null,
    get: async (t) => (await plugin.get(t)) ?? null,
    decorate: async (r) => (await plugin.decorate(response(r))) ?? null,
    save: async (r) => await plugin.save(response(r)),
    ingest: () => plugin.ingest(),
    async [Symbol.asyncDispose]() {
      await plugin.close?.();
    },
  };
}
