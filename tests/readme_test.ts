import assert from "node:assert/strict";
import { parseManifest } from "../core/manifest.ts";
import { fromFileUrl, hasProgram, ownHomeEnv, tempDir } from "./support.ts";

const ROOT = fromFileUrl("../");
const README = Deno.readTextFileSync(fromFileUrl("../README.md"));

const HAS_EXIFTOOL = hasProgram("exiftool");

/** Code blocks of the README by language. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp("^```" + language + "\\n([\\s\\S]*?)^```$", "gm"))].map(([, text]) => text!);
}

async function run(command: string): Promise<{ code: number; stdout: string; stderr: string }> {
  using home = tempDir();
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", command],
    cwd: ROOT,
    env: { ...ownHomeEnv(), NO_COLOR: "1", STOQ_HOME: home.path },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("every command of the README works", async (t) => {
  const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));
  assert.ok(commands.length > 10);
  const deno = JSON.stringify(Deno.execPath());
  using out = tempDir();
  for (const command of commands) {
    // That one is what is running.
    if (command === "npx -y deno@2.9.6 task test") continue;
    await t.step(command, async () => {
      const local = command
        .replace(/^npx -y deno@2\.9\.6 |^deno /, `${deno} `)
        .replace(/(^|\| )stoq /, `$1${deno} task -q stoq `)
        .replace("=results", `=${out.path}/results`);
      const { code, stdout, stderr } = await run(local);
      assert.equal(code, 0, stderr);
      if (/\bstoq run\b/.test(command)) assert.ok([...Deno.readDirSync(`${out.path}/results`)].length > 0);
      else assert.notEqual(stdout, "");
      if (/\bstoq scan\b/.test(command)) assert.deepEqual(unexpected(JSON.parse(stdout).errors), {});
    });
  }
});

/** Errors that a scan may have: on a machine without ExifTool its plugin says so. */
function unexpected({ exif, ...errors }: Record<string, string[]>): Record<string, string[]> {
  return exif === undefined || HAS_EXIFTOOL ? { ...errors, ...(exif && { exif }) } : errors;
}

Deno.test("the README's first command finds both executables in the document", async () => {
  const { stdout } = await run(`${JSON.stringify(Deno.execPath())} task -q stoq scan examples/sample_doc_with_pe.doc`);
  const { results } = JSON.parse(stdout);
  const types = results.map((result: { workers: [{ mimetype: { mimetype: string } }] }) =>
    result.workers[0].mimetype.mimetype
  );
  assert.equal(types.filter((type: string) => type === "application/vnd.microsoft.portable-executable").length, 2);
});

Deno.test("the script of the README runs", async () => {
  const [script] = blocks("ts");
  const path = fromFileUrl("../examples/.readme.ts");
  Deno.writeTextFileSync(path, script!);
  try {
    const { code, stdout, stderr } = await run(`${JSON.stringify(Deno.execPath())} run -A --check examples/.readme.ts`);
    assert.equal(code, 0, stderr);
    const json = JSON.parse(stdout.slice(stdout.indexOf("\n{")));
    assert.deepEqual(unexpected(json.errors), {});
    assert.equal(json.request_meta.source, "my_script");
    assert.equal(json.results[0].payload_meta.extra_data.filename, "sample_doc_with_pe.doc");
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("the manifest of the README is one", async () => {
  const [sections] = blocks("ini");
  const manifest = await parseManifest(`[Core]\nName = x\nModule = x\n${sections}`, "/x/x.stoq");
  assert.deepEqual(manifest.permissions.net, ["api.example.com:443", "{redis_host}:{redis_port}"]);
  assert.deepEqual(manifest.commands, { exif: "exiftool -json -n -" });
  assert.deepEqual(manifest.limits, { timeout: 60, memory: 512 });
});

Deno.test("CI runs what the README calls the tests", () => {
  assert.match(Deno.readTextFileSync(fromFileUrl("../.ci/run")), /^deno task test/m);
});
