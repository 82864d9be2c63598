import assert from "node:assert/strict";
import type { Step } from "../../install/place.ts";
import { fromFileUrl } from "../support.ts";
import { type Home, makeHome, names } from "./home.ts";

/** What is usable after an upgrade that ended at this step: the old plugin, or the new one. */
const STEPS: [Step, "old" | "new"][] = [
  ["stage", "old"],
  ["staged", "old"],
  ["pend", "old"],
  ["take away", "old"],
  ["put in place", "old"],
  ["record", "new"],
  ["clean up", "new"],
];

/** Installs in a child that ends at a step. */
async function stopped(home: Home, source: string, step: Step, how: "kill" | "fail") {
  const { success, signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fromFileUrl("install/stopped.ts"), source, step, how],
    env: { STOQ_HOME: home.path, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return { success, signal, stderr: new TextDecoder().decode(stderr) };
}

/** What asks for something, so that the grant in use shows which record is. */
const asks = (host: string) => `[permissions]\nnet = ${host}.example.com:443\n`;

for (const [step, usable] of STEPS) {
  Deno.test(`an upgrade killed before "${step}" leaves the ${usable} plugin usable, and the next install cleans up`, async () => {
    using home = makeHome();
    assert.equal((await home.run(["install", home.parrot({ word: "old", sections: asks("old") }), "--yes"])).code, 0);
    const source = home.parrot({ word: "new", sections: asks("new") });
    assert.equal((await stopped(home, source, step, "kill")).signal, "SIGKILL");
    assert.equal(await home.scan("parrot"), usable);
    assert.match((await home.run(["info", "parrot"])).stdout, new RegExp(`connects to ${usable}\\.example\\.com`));
    const { code, stderr } = await home.run(["install", "--upgrade", home.parrot({ word: "next" }), "--yes"]);
    assert.equal(code, 0, stderr);
    assert.equal(await home.scan("parrot"), "next");
    assert.deepEqual(names(`${home.path}/plugins`), ["parrot"]);
    assert.equal(JSON.parse(Deno.readTextFileSync(`${home.path}/stoq.lock`)).pending, undefined);
    assert.equal((await home.run(["verify"])).code, 0);
  });

  Deno.test(`an upgrade that fails at "${step}" leaves the ${step === "clean up" ? "new" : "old"} plugin, and nothing else`, async () => {
    using home = makeHome();
    assert.equal((await home.run(["install", home.parrot({ word: "old", sections: asks("old") }), "--yes"])).code, 0);
    const lock = Deno.readTextFileSync(`${home.path}/stoq.lock`);
    const { success, stderr } = await stopped(home, home.parrot({ word: "new", sections: asks("new") }), step, "fail");
    assert.match(stderr, new RegExp(`no space left at "${step}"`));
    if (step === "clean up") {
      // All is done by then: what is left is said, and is no failure.
      assert.ok(success, stderr);
      assert.match(stderr, /"[^"]*\.stoq-old\.parrot" is left and will be removed by the next install/);
      assert.equal(await home.scan("parrot"), "new");
      return;
    }
    assert.ok(!success);
    assert.equal(Deno.readTextFileSync(`${home.path}/stoq.lock`), lock);
    assert.deepEqual(names(`${home.path}/plugins`), ["parrot"]);
    assert.equal(await home.scan("parrot"), "old");
  });
}

Deno.test("a first install that is killed leaves nothing that is used, or the plugin whole", async (t) => {
  for (const step of ["staged", "put in place", "record"] as const) {
    await t.step(step, async () => {
      using home = makeHome();
      const source = home.parrot({ word: "new", sections: asks("new") });
      assert.equal((await stopped(home, source, step, "kill")).signal, "SIGKILL");
      const said = await home.scan("parrot");
      if (step === "record") assert.equal(said, "new");
      else assert.match(said, /^Plugin "parrot" does not exist/);
      assert.equal((await home.run(["install", "--upgrade", source, "--yes"])).code, 0);
      assert.equal(await home.scan("parrot"), "new");
      assert.deepEqual(names(`${home.path}/plugins`), ["parrot"]);
    });
  }
});

Deno.test("two installs at once: each plugin is whole and recorded", async () => {
  using home = makeHome();
  const sources = ["aa", "bb", "cc", "dd"].map((name) => home.parrot({ name, word: name }));
  const runs = await Promise.all(sources.map((source) => home.run(["install", source])));
  for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
  assert.equal(
    (await home.run(["verify"])).stdout.split("\n").filter((line) => line.endsWith("as it was installed")).length,
    4,
  );
  assert.deepEqual(names(`${home.path}/plugins`), ["aa", "bb", "cc", "dd"]);
});

Deno.test("two installs of one plugin at once: one is there, the other says what it met", async () => {
  using home = makeHome();
  const [one, two] = [1, 2].map((n) => home.parrot({ word: `word ${n}`, folder: `${home.outside}/${n}` }));
  const runs = await Promise.all([one!, two!].map((source) => home.run(["install", source])));
  assert.deepEqual(runs.map(({ code }) => code).sort(), [0, 1], JSON.stringify(runs));
  const lost = runs.find(({ code }) => code === 1)!;
  assert.match(lost.stderr, /it is already in|another install changed it in the meantime/);
  assert.equal(await home.scan("parrot"), `word ${runs.indexOf(lost) === 0 ? 2 : 1}`);
  assert.equal((await home.run(["verify"])).code, 0);
});
