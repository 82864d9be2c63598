/** What is loaded when: start-up time is what is imported, and a plugin that is not used must not run at all. */
import assert from "node:assert/strict";
import { fromFileUrl, tempDir, writePlugin } from "../support.ts";
import { stoq } from "./support.ts";

/** A module as `deno info --json` has it. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly { readonly code?: { readonly specifier: string }; readonly isDynamic?: boolean }[];
}

const ROOT = new URL("../../", import.meta.url).href;

/** Everything that the command can import, by URL. */
async function modules(): Promise<Map<string, Module>> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fromFileUrl("../cli.ts")],
    stderr: "null",
  }).output();
  assert.ok(success);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  return new Map(modules.map((module) => [module.specifier, module]));
}

/** What is loaded with some modules, without what they import only when they need it; paths in the project, or package names. */
function loadedWith(graph: ReadonlyMap<string, Module>, ...entries: string[]): string[] {
  const loaded = new Set<string>();
  const pending = entries.map((entry) => ROOT + entry);
  for (let url = pending.pop(); url !== undefined; url = pending.pop()) {
    if (loaded.has(url)) continue;
    loaded.add(url);
    const { dependencies = [] } = graph.get(url) ?? { dependencies: [] };
    for (const { code, isDynamic } of dependencies) if (code !== undefined && !isDynamic) pending.push(code.specifier);
  }
  return [...loaded].map((url) => url.startsWith(ROOT) ? url.slice(ROOT.length) : url).sort();
}

Deno.test("the command starts with next to nothing, and a sub-command with what it needs", async (t) => {
  const graph = await modules();
  assert.ok(graph.has(`${ROOT}core/metrics.ts`), "the graph has what is imported when it is needed, too");
  await t.step("at first", () => {
    assert.deepEqual(loadedWith(graph, "cli.ts"), [
      "cli.ts",
      "cli/exit.ts",
      "cli/main.ts",
      "core/version.ts",
      "deno.json",
      "sandbox/protocol.ts",
    ]);
  });
  for (const command of ["scan", "run", "list", "replay"]) {
    await t.step(command, () => {
      const loaded = loadedWith(graph, "cli.ts", "cli/program.ts", `cli/${command}.ts`);
      // The guard against a test that sees nothing.
      assert.ok(loaded.includes("core/stoq.ts"));
      assert.deepEqual(loaded.filter((path) => path.startsWith("plugins/")), ["plugins/builtin.ts"]);
      assert.deepEqual(
        loaded.filter((path) => path.includes(":")).map((url) => url.replace(/^npm:\/?|@[\d.]+$/g, ""))
          .filter((name) => !name.startsWith("node:")),
        ["commander"],
      );
      assert.ok(!loaded.includes("core/metrics.ts"));
      const others = ["scan", "run", "list", "replay"].filter((other) => other !== command);
      assert.deepEqual(loaded.filter((path) => others.some((other) => path === `cli/${other}.ts`)), []);
    });
  }
});

Deno.test("a plugin that nothing uses is not loaded, whatever else is in its folder's neighbourhood", async () => {
  using dir = tempDir();
  for (const name of ["used", "unused"]) {
    writePlugin(
      dir.path,
      name,
      `console.log("${name} is loaded"); export default class { scan() { return { results: "${name}" }; } }`,
    );
  }
  const { code, stderr, stdout } = await stoq(
    ["scan", "-s", "used", "--plugin-dir", dir.path, "--log-level", "debug"],
    { stdin: "data" },
  );
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).results[0].workers[0].used, "used");
  assert.match(stderr, /\bused is loaded/);
  assert.doesNotMatch(stderr, /unused is loaded/);
});
