/** The built file does what the checkout does, and needs nothing beside it. */
import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import type { PluginInfo } from "../../core/stoq.ts";
import { fromFileUrl, needs, tempDir, writePlugin } from "../support.ts";
import { stoq } from "../cli/support.ts";
import { buildBundle, BUNDLE, run, runAlone } from "./support.ts";

const ROOT = fromFileUrl("../");

// Once for all, in this one file: it takes a while.
Deno.test.beforeAll(buildBundle);

/** A folder with the examples. */
function place() {
  const dir = tempDir();
  for (const { name, isFile } of Deno.readDirSync(fromFileUrl("../examples"))) {
    if (isFile) Deno.copyFileSync(fromFileUrl(`../examples/${name}`), `${dir.path}/${name}`);
  }
  return dir;
}

/** What of a response is the same each time. */
function comparable(json: string): unknown {
  const ids = new Map<string, string>();
  const { results, errors } = JSON.parse(
    json.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      if (!ids.has(id)) ids.set(id, `id ${ids.size}`);
      return ids.get(id)!;
    }),
  );
  // ExifTool runs in a sandbox of its own, of which there is none inside of another.
  for (const { workers } of results) for (const pass of workers) delete pass.exif;
  delete errors.exif;
  return { results, errors };
}

Deno.test(needs("bwrap", "alone, it follows a document to what is in it, as the checkout does"), async () => {
  using dir = place();
  const args = ["scan", "sample_doc_with_pe.doc"];
  const alone = await runAlone(dir.path, args);
  assert.equal(alone.code, 0, alone.stderr);
  const { stdout } = await stoq(args, { cwd: fromFileUrl("../examples") });
  const response = comparable(alone.stdout) as { results: unknown[] };
  assert.ok(response.results.length > 10);
  assert.deepEqual(response, comparable(stdout));
});

Deno.test(
  needs("bwrap", "alone, every worker and dispatcher is in it, with its WebAssembly and its rules"),
  async () => {
    using dir = place();
    const plugins = JSON.parse((await stoq(["list", "--json"])).stdout) as PluginInfo[];
    const having = (kind: PluginInfo["classes"][number]) =>
      plugins.filter(({ classes }) => classes.includes(kind)).map(({ name }) => name);
    const workers = having("worker").filter((name) => name !== "exif");
    assert.ok(workers.length > 25);
    const args = ["scan", "small.exe", "-s", ...workers, "-R", ...having("dispatcher"), "--max-recursion", "0"];
    const alone = await runAlone(dir.path, args);
    assert.equal(alone.code, 0, alone.stderr);
    const { stdout } = await stoq(args, { cwd: fromFileUrl("../examples") });
    assert.deepEqual(comparable(alone.stdout), comparable(stdout));
  },
);

Deno.test(needs("bwrap", "alone, it lists the same plugins"), async () => {
  using dir = place();
  const alone = await runAlone(dir.path, ["list"]);
  assert.equal(alone.stdout, (await stoq(["list"])).stdout);
  assert.equal(alone.code, 0);
});

Deno.test(needs("bwrap", "alone, it runs from a provider to a connector"), async () => {
  using dir = place();
  const { code, stderr } = await runAlone(dir.path, [
    ...["run", "--quiet", "-P", "filedir", "-C", "filedir", "-D", "jinja", "-a", "hash", "entropy", "mimetype"],
    ...["--plugin-opts", "filedir:source_dir=/place", "filedir:results_dir=/tmp/results"],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /\d+ (done|payloads)/);
});

for (const [plugin, option] of [["redis-queue", "redis_port"], ["rabbitmq", "rabbitmq_port"], ["nats", "nats_port"]]) {
  Deno.test(needs("bwrap", `alone, ${plugin} is loaded and fails for want of a server only`), async () => {
    using dir = place();
    const { stdout, stderr, code } = await runAlone(dir.path, [
      ...["scan", "small.exe", "-s", "hash", "-C", plugin!, "--log-level", "debug"],
      ...["--plugin-opts", `${plugin}:${option}=9`, "redis-queue:publish_archive=false"],
    ]);
    assert.match(stdout + stderr, /ECONNREFUSED|[Cc]onnection refused|os error 111/, `${code} ${stderr}`);
    assert.doesNotMatch(stdout + stderr, /cannot be loaded/);
  });
}

Deno.test(needs("bwrap", "alone, plugins can run in Workers of the core"), async () => {
  using dir = place();
  const args = [
    "scan",
    "small.exe",
    "-s",
    "hash",
    "yara",
    "--plugin-limits",
    "hash:isolation=worker",
    "yara:isolation=worker",
  ];
  const { code, stdout, stderr } = await runAlone(dir.path, args, ["--unstable-worker-options"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(comparable(stdout), comparable((await stoq(args, { cwd: fromFileUrl("../examples") })).stdout));
});

Deno.test(needs("bwrap", "alone, it runs plugins of others, in TypeScript and in several files"), async () => {
  using dir = place();
  const folder = writePlugin(
    `${dir.path}/home/plugins`,
    "longest",
    `import { words } from "./words.ts";
     export default class Longest {
       scan(payload: { content: Uint8Array }) {
         return { results: { longest: words(payload.content).reduce((a, b) => a.length > b.length ? a : b, "") } };
       }
     }`,
  );
  Deno.writeTextFileSync(
    `${folder}/words.ts`,
    `export const words = (bytes: Uint8Array): string[] => new TextDecoder("latin1").decode(bytes).match(/\\w+/g) ?? [];`,
  );
  Deno.writeTextFileSync(`${dir.path}/text`, "plugins of few");
  const { code, stdout, stderr } = await runAlone(dir.path, ["scan", "text", "-s", "longest"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout).results[0].workers, [{ longest: { longest: "plugins" } }]);
});

Deno.test("hostile plugins gain no more of it than of the checkout", async () => {
  using dir = place();
  const attacks = [
    "asks_for_permissions",
    "descriptors_of_the_process",
    "reads_and_writes_files",
    "host_modules_imported_again",
    "modules_made_of_text",
    "reads_the_environment",
    "kills_and_signals",
    "learns_about_the_machine",
    "writes_to_standard_streams",
  ];
  for (const name of attacks) {
    const text = Deno.readTextFileSync(fromFileUrl(`hostile/plugins/${name}.ts`));
    writePlugin(`${dir.path}/plugins`, name, text.replaceAll(/%\w+%/g, "/nowhere"));
  }
  const { code, stdout, stderr } = await run(
    Deno.execPath(),
    ["run", "-A", BUNDLE, "scan", "small.exe", "--plugin-dir", "plugins", "-s", "hash", ...attacks],
    { cwd: dir.path, env: { STOQ_HOME: `${dir.path}/home` } },
  );
  assert.equal(code, 0, stderr);
  const [results] = JSON.parse(stdout).results[0].workers;
  assert.equal(results.hash.sha256.length, 64);
  for (const name of attacks) assert.equal(results[name].gained, null, name);
});

for (
  const [what, args] of Object.entries({
    "the command": [fromFileUrl("cli")],
    "an install": [fromFileUrl("install/lifecycle_test.ts"), "--filter=lives from install to uninstall"],
  })
) {
  Deno.test(`what ${what} promises, it keeps as one file`, async () => {
    const { code, stdout, stderr } = await run(Deno.execPath(), ["test", "-A", "--no-check", ...args], {
      env: { NO_COLOR: "1", STOQ_TEST_FILE: BUNDLE },
    });
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^ok \| [1-9]/m);
  });
}

Deno.test("a compiled binary is made of it; where its base cannot be had, one line says so", async () => {
  const compile = (env: Record<string, string>) =>
    run(Deno.execPath(), ["run", "-A", fromFileUrl("../build/compile.ts")], { env: { NO_COLOR: "1", ...env } });
  const refused = await compile({ DENORT_BIN: "", HTTPS_PROXY: "http://127.0.0.1:9", DENO_DIR: "" });
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /^compile: Cannot compile for this machine: .*DENORT_BIN\n$/);
});

/** Serves what would be published, each bare specifier replaced by that of deno.json, as publishing does. */
function serve(): Deno.HttpServer<Deno.NetAddr> {
  const names = Object.entries(config.imports).filter(([, to]) => to.startsWith("npm:"));
  const published = config.publish.include.map((path) =>
    new RegExp(`^${RegExp.escape(path).replace("\\*", "[^/]*")}${path.endsWith("/") ? "" : "$"}`)
  );
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = new URL(request.url).pathname.slice(1);
    const text = published.some((one) => one.test(path)) && await Deno.readTextFile(ROOT + path).catch(() => false);
    if (typeof text !== "string") return new Response(`no ${path}`, { status: 404 });
    const type = path.endsWith(".ts") ? "typescript" : path.endsWith(".json") ? "json" : "javascript";
    const unfurled = path.endsWith(".ts")
      ? names.reduce(
        (code, [name, to]) => code.replaceAll(new RegExp(`(from |import\\()"${name}"`, "g"), `$1"${to}"`),
        text,
      )
      : text;
    return new Response(unfurled, { headers: { "content-type": `application/${type}` } });
  });
}

Deno.test("run from elsewhere, the package starts its sandboxes itself, with all plugins", async () => {
  await using server = serve();
  using dir = tempDir();
  const { stdout } = await run(Deno.execPath(), ["info", "--json"]);
  const { npmCache } = JSON.parse(stdout);
  // A cache with npm's packages, but nothing of this project.
  Deno.mkdirSync(`${dir.path}/cache`);
  Deno.symlinkSync(npmCache, `${dir.path}/cache/npm`);
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const options = {
    cwd: dir.path,
    env: { DENO_DIR: `${dir.path}/cache`, NO_COLOR: "1", STOQ_HOME: `${dir.path}/home` },
  };

  for (const module of ["mod.ts", "cli.ts"]) {
    const scan = await run(Deno.execPath(), [
      ...["run", "-A", "--quiet", `${origin}/${module}`, "scan", fromFileUrl("../examples/small.exe")],
      ...["-s", "hash", "mimetype", "yara", "peinfo"],
    ], options);
    assert.equal(scan.code, 0, scan.stderr);
    const { results: [result], errors } = JSON.parse(scan.stdout);
    assert.deepEqual(errors, {});
    assert.equal(result.workers[0].mimetype.mimetype, "application/vnd.microsoft.portable-executable");
  }

  Deno.writeTextFileSync(
    `${dir.path}/script.ts`,
    `import { Stoq } from "${origin}/mod.ts";
     await using stoq = new Stoq({ alwaysDispatch: ["hash"] });
     const { results } = await stoq.scan("data");
     console.log(JSON.stringify(results[0].workers));`,
  );
  const script = await run(Deno.execPath(), ["run", "-A", "--quiet", "script.ts"], options);
  assert.equal(script.code, 0, script.stderr);
  assert.equal(JSON.parse(script.stdout)[0].hash.md5, "8d777f385d3dfec8815d20f7496026dc");
});
