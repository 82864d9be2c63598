/** Rows 10, 11 and 15: attacks on the core itself, by what a plugin may say. */
import assert from "node:assert/strict";
import { fromFileUrl } from "../support.ts";
import { openHostile } from "./support.ts";

/** Heap of a core that has to survive, in MiB. */
const CORE_HEAP = 512;

/** Scans in a process of its own. @returns Its exit status, and what it wrote. */
async function scanInChild(plugin: string) {
  await using hostile = await openHostile();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `--v8-flags=--max-old-space-size=${CORE_HEAP}`,
      fromFileUrl("hostile/scan_in_child.ts"),
      hostile.canaries.plugins,
      plugin,
    ],
    stdin: "null",
  }).output();
  hostile.canaries.check();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr).slice(0, 500) };
}

Deno.test("names that every object has are plugins that do not exist", async () => {
  await using hostile = await openHostile({ dispatchers: ["dispatches_names_of_every_object"] });
  const { response } = await hostile.attack("dispatches_names_of_every_object", { worker: false });
  for (const name of ["../x", "stoq", "constructor", "toString", "hasOwnProperty", "__proto__"]) {
    assert.ok(Object.hasOwn(response.errors, name), name);
    assert.match(response.errors[name]!.join(), /does not exist|no plugin/);
  }
  assert.equal(Reflect.get({}, "push"), undefined);
});

Deno.test("a dispatcher names at most so many plugins, and is told so", async () => {
  await using hostile = await openHostile({ dispatchers: ["dispatches_a_million_plugins"] });
  const { errors } = await hostile.attack("dispatches_a_million_plugins", { worker: false });
  assert.match(
    errors,
    /pluginNames names more than 100 plugins: the rest is ignored|has more than 1000000 values|limit of 3 s|memory/,
  );
});

Deno.test("names that are none are said in a few words", async () => {
  await using hostile = await openHostile({ dispatchers: ["dispatches_names_that_are_numbers"] });
  const { errors } = await hostile.attack("dispatches_names_that_are_numbers", { worker: false });
  assert.match(errors, /pluginNames holds something that is no plugin name/);
  assert.ok(errors.length < 100_000);
});

Deno.test("metadata of an extracted payload that does not fit is said in a few words", async () => {
  await using hostile = await openHostile();
  const { gained, errors } = await hostile.attack("extracts_metadata_that_does_not_fit");
  assert.equal(gained, null);
  assert.match(errors, /payloadMeta\.dispatchTo holds something that is no plugin name/);
  assert.ok(errors.length < 100_000);
});

Deno.test("huge metadata of a dispatcher does not reach good plugins", async () => {
  await using hostile = await openHostile({ dispatchers: ["dispatcher_with_huge_metadata"] });
  const { errors } = await hostile.attack("dispatcher_with_huge_metadata", { worker: false });
  assert.match(errors, /meta|limit|more than \d+ values/);
});

Deno.test("huge metadata of an extracted payload does not reach good plugins", async () => {
  await using hostile = await openHostile();
  const { response } = await hostile.attack("extracts_a_payload_with_huge_metadata");
  assert.equal(response.errors["hash"], undefined);
  assert.match(
    JSON.stringify(response.errors),
    /extracts_a_payload_with_huge_metadata.*(limit|meta|memory|more than \d+ values)/,
  );
});

Deno.test("a deep and broad result does not cost the response", async () => {
  await using hostile = await openHostile();
  const { response } = await hostile.attack("deep_and_broad_result");
  assert.equal(response.results.length, 1);
});

Deno.test("millions of small objects in a result do not end the core", async () => {
  const { code, stdout, stderr } = await scanInChild("millions_of_small_objects");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"sha256"/);
});

Deno.test("brackets without end are an error of the plugin", async () => {
  await using hostile = await openHostile();
  const { errors } = await hostile.attack("brackets_without_end");
  assert.match(
    errors,
    /broke the sandbox protocol: result nests deeper than 100 levels|more than \d+ values|memory|limit of 3 s/,
  );
});

Deno.test("results that are allowed one by one do not cost the response together", async () => {
  const { code, stdout, stderr } = await scanInChild("results_that_add_up");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"sha256"/);
});

Deno.test("names of extracted payloads are data", async () => {
  await using hostile = await openHostile();
  const { gained, response } = await hostile.attack("extracted_names_that_are_paths");
  assert.equal(gained, null);
  assert.equal(response.results.length, 8);
  assert.equal(response.results[1]?.payloadMeta.extraData["filename"], "../../outside/planted");
  assert.equal(Reflect.get({}, "filename"), undefined);
});

Deno.test("an abort of the sandbox process costs the call that was in it", async () => {
  await using hostile = await openHostile();
  const attack = hostile.attack("waits_to_be_aborted");
  let pid: number | undefined;
  while (pid === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    pid = childWith("plugins/waits_to_be_aborted");
    if (pid !== undefined) Deno.kill(pid, "SIGABRT");
  }
  const { errors } = await attack;
  assert.match(errors, /scan crashed .*its sandbox process ended: signal SIGABRT/);
});

/** A process that this one started, with a text in its command line. */
function childWith(text: string): number | undefined {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (!Deno.readTextFileSync(`/proc/${name}/status`).includes(`\nPPid:\t${Deno.pid}\n`)) continue;
      if (Deno.readTextFileSync(`/proc/${name}/cmdline`).includes(text)) return Number(name);
    } catch {
      // It ended meanwhile.
    }
  }
}
