/** The package as it is published, run from where it was put. */
import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { fromFileUrl, tempDir } from "../support.ts";
import { buildBundle, run } from "./support.ts";

const ROOT = fromFileUrl("../");

Deno.test.beforeAll(buildBundle);

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
