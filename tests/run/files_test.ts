import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fromFileUrl } from "../support.ts";
import { Home, type Saved } from "./support.ts";

Deno.test("of two thousand files every result is there exactly once", async () => {
  const FILES = 2000;
  await using home = new Home();
  const texts = Array.from({ length: FILES }, (_, i) => `file ${i} `.repeat(1 + i % 50));
  home.writeFiles(Object.fromEntries(texts.map((text, i) => [`in/${i}.txt`, text])));
  const { code, stdout, stderr } = await home.start([
    ...["run", "-P", "filedir", "-C", "filedir", "-a", "hash", "entropy", "mimetype", "--plugin-opts"],
    ...[`filedir:source_dir=${home.path}/in`, `filedir:results_dir=${home.path}/out`],
  ]).ended();
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /^stoq: 2000 done in .*, 0 with errors, 0 not delivered\n$/);
  const saved = home.read<Saved>("out");
  const wanted = texts.map((text, i) => `${i}.txt ${createHash("sha256").update(text).digest("hex")}`);
  const got = saved.map(({ results: [result], errors }) => {
    assert.deepEqual(errors, {});
    assert.deepEqual(Object.keys(result!.workers[0]!), ["hash", "entropy", "mimetype"]);
    return `${result!.payload_meta.extra_data["filename"]} ${
      (result!.workers[0]!["hash"] as { sha256: string }).sha256
    }`;
  });
  assert.deepEqual(got.sort(), wanted.sort());
});

const EXE = fromFileUrl("../examples/small.exe");
const hasDirmon = exists(fromFileUrl("../plugins/dirmon/dirmon.stoq"));
/** The walk-through names peinfo; without it, another plugin that looks into programs. */
const PE = exists(fromFileUrl("../plugins/peinfo/peinfo.stoq")) ? "peinfo" : "exif";

Deno.test({
  name: `the walk-through of the documentation: a program copied into a directory that dirmon watches${
    hasDirmon ? "" : " (skipped: there is no plugin dirmon)"
  }`,
  ignore: !hasDirmon || Deno.build.os === "windows",
  fn: async () => {
    await using home = new Home().writeFiles({ "monitor/before.txt": "was there before" });
    Deno.mkdirSync(`${home.path}/results`);
    const command = home.start([
      ...["run", "-P", "dirmon", "-C", "filedir", "-a", "hash", PE, "--plugin-opts"],
      ...[`dirmon:source_dir=${home.path}/monitor`, `filedir:results_dir=${home.path}/results`],
    ]);
    using watcher = Deno.watchFs(`${home.path}/results`);
    await command.shown("stderr", /watching ".*" for new files/);
    Deno.copyFileSync(EXE, `${home.path}/monitor/bad.exe`);
    for await (const _ of watcher) {
      if (home.names("results").some((name) => !name.startsWith("."))) break;
    }
    command.kill("SIGINT");
    const { code, stderr } = await command.ended();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^stoq: 1 done in /m);
    const names = home.names("results");
    assert.equal(names.length, 1);
    assert.match(names[0]!, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const [{ results, errors }] = home.read<Saved>("results") as [Saved];
    assert.deepEqual(errors, {});
    assert.equal(results[0]!.payload_meta.extra_data["filename"], "bad.exe");
    assert.deepEqual(Object.keys(results[0]!.workers[0]!), ["hash", PE]);
    const sha256 = createHash("sha256").update(Deno.readFileSync(EXE)).digest("hex");
    assert.equal((results[0]!.workers[0]!["hash"] as { sha256: string }).sha256, sha256);
  },
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
