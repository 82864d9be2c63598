/**
 * What the hostile tests share: a place full of canaries, hostile plugins installed in it, and a scan in which one of them works beside
 * plugins that are good.
 *
 * `plugins/` holds one attack a file, or a folder where it needs more than its module. A file that no tool may follow (it imports what
 * must never be fetched, or what is only there during a test) has `.txt` after its name. Texts may hold `%SECRET_FILE%` and the like: see
 * {@linkcode Canaries}.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type ScanOptions, Stoq, type StoqOptions, type StoqResponse } from "../../mod.ts";
import { keepOwnHome } from "../support.ts";

const PLUGINS = fileURLToPath(new URL("./plugins/", import.meta.url));
const SANDBOX = new URL("../../sandbox/", import.meta.url).href;

/** Limits of an attack that brings no manifest of its own: small, so that what runs into them does so soon. */
const LIMITS = "[limits]\ntimeout = 3\nmemory = 300\n";

/** The payload of every scan. */
export const PAYLOAD = "payload of a hostile scan";

/** Results of the good plugins for {@linkcode PAYLOAD}. */
const SHA256 = createHash("sha256").update(PAYLOAD).digest("hex");

/** What no plugin may reach, and what shows that one did. */
export interface Canaries extends AsyncDisposable {
  /** Folder of all that belongs to the test. */
  readonly root: string;
  /** The plugin directory. */
  readonly plugins: string;
  /** Folder that no plugin is granted; it holds the secret in `secret.txt`, `secret.json` and `secret.ts`. */
  readonly outside: string;
  /** The text that nobody may learn: in files, in an environment variable, in an option of another plugin. */
  readonly secret: string;
  /** Port of a listener that nobody may connect to. */
  readonly port: number;
  /** Variables for programs of the test that need npm packages: the home folder of the test's own has none. */
  readonly childEnv: Readonly<Record<string, string>>;
  /** A process that nobody may end. */
  readonly pid: number;
  /** @throws {AssertionError} If something was touched. */
  check(): void;
}

async function openCanaries(): Promise<Canaries> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "stoq_hostile_" }));
  const secret = `canary-${crypto.randomUUID()}`;
  const outside = `${root}/outside`;
  await Deno.mkdir(outside);
  await Deno.writeTextFile(`${outside}/secret.txt`, secret);
  await Deno.writeTextFile(`${outside}/secret.json`, JSON.stringify({ secret }));
  await Deno.writeTextFile(`${outside}/secret.ts`, `export default "${secret}";\n`);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  let connections = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
    }
  })();
  // Whoever asks a registry for a package asks the listener: a home folder and a cache that say so.
  await Deno.mkdir(`${root}/home`);
  await Deno.writeTextFile(`${root}/home/.npmrc`, `registry=http://127.0.0.1:${port}/\n`);
  const home = keepOwnHome();
  const cache = Deno.env.get("DENO_DIR");
  if (cache === undefined) {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    Deno.env.set("DENO_DIR", JSON.parse(new TextDecoder().decode(stdout)).denoDir);
  }
  Deno.env.set("HOME", `${root}/home`);
  Deno.env.set("STOQ_CANARY", secret);
  const child = new Deno.Command("sleep", { args: ["1000"], stdin: "null", stdout: "null", stderr: "null" }).spawn();
  let ended = false;
  const status = child.status.then(() => void (ended = true));
  return {
    root,
    plugins: `${root}/plugins`,
    outside,
    secret,
    port,
    childEnv: home === undefined ? {} : { HOME: home },
    pid: child.pid,
    check: () => {
      assert.equal(connections, 0, "somebody connected to the listener");
      assert.equal(ended, false, "somebody ended the process");
      const files = [...Deno.readDirSync(outside)].map(({ name }) => name).sort();
      assert.deepEqual(files, ["secret.json", "secret.ts", "secret.txt"]);
      assert.equal(Deno.readTextFileSync(`${outside}/secret.txt`), secret);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await status;
      listener.close();
      await accepting.catch(() => {});
      if (home !== undefined) Deno.env.set("HOME", home);
      if (cache === undefined) Deno.env.delete("DENO_DIR");
      Deno.env.delete("STOQ_CANARY");
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** Copies an attack into a plugin folder, with the canaries' names filled in, and a small manifest where it brings none. */
async function install(entry: Deno.DirEntry, canaries: Canaries): Promise<string> {
  const name = entry.name.replace(/\.ts(\.txt)?$/, "");
  const folder = `${canaries.plugins}/${name}`;
  await Deno.mkdir(folder, { recursive: true });
  const fill = (text: string) =>
    text
      .replaceAll("%SECRET_FILE%", `${canaries.outside}/secret.txt`)
      .replaceAll("%SECRET_FOLDER%", canaries.outside)
      .replaceAll("%ROOT%", canaries.root)
      .replaceAll("%CANARY_PORT%", String(canaries.port))
      .replaceAll("%CANARY_PID%", String(canaries.pid))
      .replaceAll("%SANDBOX%", SANDBOX);
  const copy = async (from: string, file: string) => {
    const to = `${folder}/${file.replace(/\.txt$/, "")}`;
    if (file.endsWith(".wasm")) return await Deno.copyFile(from, to);
    await Deno.writeTextFile(to, fill(await Deno.readTextFile(from)));
  };
  let manifest = `[Core]\nName = ${name}\nModule = ${name}\n${LIMITS}`;
  if (entry.isDirectory) {
    for await (const { name: file } of Deno.readDir(`${PLUGINS}${name}`)) {
      if (file.endsWith(".stoq")) manifest = fill(await Deno.readTextFile(`${PLUGINS}${name}/${file}`));
      else await copy(`${PLUGINS}${name}/${file}`, file);
    }
  } else await copy(`${PLUGINS}${entry.name}`, entry.name);
  await Deno.writeTextFile(`${folder}/${name}.stoq`, manifest);
  return folder;
}

/** How an attack ended. */
export interface Attack {
  /** What the plugin says it gained; `undefined` where it did not come to say anything, null where it gained nothing. */
  readonly gained: unknown;
  /** What the plugin heard when it was refused, one line an attempt. */
  readonly refused: string;
  /** All that the plugin returned as results. */
  readonly results: unknown;
  /** `response.errors` of the plugin, one line a message. */
  readonly errors: string;
  readonly response: StoqResponse;
  /** What was written to the log meanwhile. */
  readonly log: string;
}

/** How an attack is made. */
export interface AttackSetup extends ScanOptions {
  readonly payload?: string;
  /** Whether the plugin is a worker (default), or asked by the scan because it was configured as something else. */
  readonly worker?: boolean;
}

/** A stoQ with all hostile plugins, among canaries. */
export interface Hostile extends AsyncDisposable {
  readonly canaries: Canaries;
  readonly stoq: Stoq;
  /**
   * Scans with a hostile plugin and two good ones. Whatever it was: the good ones' results are complete, no canary was touched, nothing
   * of the response or of the log holds the secret, and the next scan works.
   */
  attack(plugin: string, setup?: AttackSetup): Promise<Attack>;
}

/** Opens a stoQ with all hostile plugins. @param options Over those of the tests. */
export async function openHostile(
  options: StoqOptions = {},
  prepare: (canaries: Canaries) => unknown = () => {},
): Promise<Hostile> {
  const canaries = await openCanaries();
  for await (const entry of Deno.readDir(PLUGINS)) await install(entry, canaries);
  await prepare(canaries);
  const stoq = new Stoq({
    baseDir: canaries.root,
    pluginDirList: [canaries.plugins],
    logLevel: "info",
    sandboxes: 1,
    // What is told to one plugin is not for others.
    pluginOpts: { entropy: { token: canaries.secret } },
    ...options,
  });
  let log = "";
  const { writeSync } = Deno.stderr;
  const decoder = new TextDecoder();
  const scan = async (plugins: string[], payload: string, more: ScanOptions = {}) => {
    Deno.stderr.writeSync = (bytes) => {
      log += decoder.decode(bytes);
      return bytes.length;
    };
    try {
      return await stoq.scan(new TextEncoder().encode(payload), { addStartDispatch: plugins, ...more });
    } finally {
      Deno.stderr.writeSync = writeSync;
    }
  };
  return {
    canaries,
    stoq,
    attack: async (plugin, { payload = PAYLOAD, worker = true, ...more } = {}) => {
      log = "";
      const response = await scan(worker ? [plugin, "hash", "entropy"] : ["hash", "entropy"], payload, more);
      // As the command writes it.
      const text = response.toString();
      canaries.check();
      assert.equal(text.includes(canaries.secret), false, "the response holds the secret");
      assert.equal(log.includes(canaries.secret), false, "the log holds the secret");
      checkGood(response, payload);
      JSON.parse(text);
      checkGood(await scan(["hash", "entropy"], PAYLOAD), PAYLOAD);
      const results = response.results[0]?.workers[0]?.[plugin];
      const { gained, refused } = (results ?? {}) as { gained?: unknown; refused?: string[] };
      return {
        gained,
        refused: Array.isArray(refused) ? refused.join("\n") : "",
        results,
        errors: Object.hasOwn(response.errors, plugin) ? response.errors[plugin]!.join("\n") : "",
        response,
        log,
      };
    },
    [Symbol.asyncDispose]: async () => {
      await stoq[Symbol.asyncDispose]();
      await canaries[Symbol.asyncDispose]();
    },
  };
}

/** One for all tests of a file: opened before the first of them, closed after the last. */
export function sharedHostile(options: StoqOptions = {}, prepare?: (canaries: Canaries) => unknown): Hostile["attack"] {
  let hostile: Hostile | undefined;
  Deno.test.beforeAll(async () => void (hostile = await openHostile(options, prepare)));
  Deno.test.afterAll(async () => await hostile![Symbol.asyncDispose]());
  return (plugin, setup) => hostile!.attack(plugin, setup);
}

function checkGood(response: StoqResponse, payload: string): void {
  const results = response.results[0]?.workers[0] ?? {};
  const expected = payload === PAYLOAD ? SHA256 : createHash("sha256").update(payload).digest("hex");
  assert.equal((results["hash"] as { sha256?: string } | undefined)?.sha256, expected, "results of hash are lost");
  assert.equal(typeof (results["entropy"] as { entropy?: number } | undefined)?.entropy, "number", "those of entropy");
}
