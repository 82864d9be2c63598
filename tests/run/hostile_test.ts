import assert from "node:assert/strict";
import { Home, type Saved } from "./support.ts";

/** Workers that have a result for every payload: three built-in ones, which share processes, and two that have their own. */
const GOOD = ["hash", "entropy", "mimetype", "length", "first"];
/** What becomes of a plugin that does this. */
const BAD = {
  looper: {
    module: "scan() { for (;;); }",
    limits: "timeout = 4",
    message: /^scan timed out for payload .*longer than the limit of 4 s/,
  },
  crasher: {
    module: "scan() { setTimeout(() => { throw new Error('late'); }); return new Promise(() => {}); }",
    limits: "timeout = 60",
    message: /^scan crashed for payload .*late/,
  },
  eater: {
    module: "scan() { this.held = []; for (;;) this.held.push(new Uint8Array(8 << 20).fill(1)); }",
    limits: "timeout = 60\nmemory = 400",
    message: /^scan crashed for payload .*(memory|heap)/,
  },
};

/** Files, and of how many of them each bad plugin gets hold. */
const FILES = 200;
const EACH = 2;

for (const isolation of ["process", "shared"] as const) {
  Deno.test(`plugins that loop, crash and eat memory cost a run nothing but their own results (isolation = ${isolation})`, async () => {
    await using home = new Home()
      .writePlugin("length", "export default class { scan({ content }) { return { results: content.length }; } }")
      .writePlugin("first", "export default class { scan({ content }) { return { results: content[0] }; } }")
      .writePlugin(
        "chooser",
        `export default class {
          getDispatches({ content }) { return { pluginNames: [new TextDecoder().decode(content).split(" ")[0]] }; }
        }`,
      );
    const names = Object.keys(BAD);
    for (const [name, { module, limits }] of Object.entries(BAD)) {
      home.writePlugin(name, `export default class { ${module} }`, `[limits]\n${limits}`);
    }
    home.configure({ provider_consumers: 20, sandboxes: 2 });
    // The bad ones come at intervals, among good ones.
    const files = Array.from({ length: FILES }, (_, i) => {
      const bad = i % 30 === 7 && i < 30 * EACH * names.length ? names[Math.floor(i / 30) % names.length] : "hash";
      return `${bad} ${i}`;
    });
    home.writeFiles(Object.fromEntries(files.map((text, i) => [`in/${i}`, text])));
    const summary = await home.run({
      providers: ["filedir"],
      connectors: ["filedir"],
      dispatchers: ["chooser"],
      alwaysDispatch: GOOD,
      pluginOpts: { filedir: { source_dir: `${home.path}/in`, results_dir: `${home.path}/out` } },
      pluginLimits: Object.fromEntries(names.map((name) => [name, { isolation }])),
    });
    const saved = home.read<Saved>("out");
    assert.equal(saved.length, FILES);
    const errors: Record<string, string[]> = {};
    for (const { results, errors: found } of saved) {
      assert.deepEqual(GOOD.filter((name) => results[0]!.workers[0]![name] === undefined), [], JSON.stringify(found));
      for (const [name, messages] of Object.entries(found)) (errors[name] ??= []).push(...messages);
    }
    assert.deepEqual(Object.keys(errors).sort(), names.toSorted());
    for (const [name, { message }] of Object.entries(BAD)) {
      assert.equal(errors[name]!.length, EACH);
      for (const text of errors[name]!) assert.match(text, message);
    }
    const { done, withErrors, deadLetters, failures } = summary;
    assert.deepEqual(
      { done, withErrors, deadLetters, failures },
      { done: FILES, withErrors: EACH * names.length, deadLetters: 0, failures: [] },
    );
  });
}
