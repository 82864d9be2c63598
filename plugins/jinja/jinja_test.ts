import assert from "node:assert/strict";
import { responseFromJson } from "../../core/response.ts";
import { openPlugin } from "../../testing.ts";
import json from "./testdata/response.json" with { type: "json" };

const response = responseFromJson(json);

/** A template in a file of its own, removed when disposed. */
async function templateFile(text: string): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempFile({ prefix: "jinja-", suffix: ".tpl" });
  await Deno.writeTextFile(path, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("as decorator it gives the text, as connector it prints what the decorator gave", async () => {
  await using template = await templateFile("{{ response.scan_id }} {{ response.request_meta.source }}\n");
  await using jinja = await openPlugin("jinja", { options: { template: template.path } });
  const { results, errors } = await jinja.decorate(response);
  assert.equal(results, "0d98a884-2c47-409f-bbee-cd45fe27d493 gateway &lt;1&gt;");
  assert.deepEqual(errors, []);
  assert.equal(await jinja.save({ ...response, decorators: { jinja: "decorated" } }), "decorated\n");
});

Deno.test("as connector without the decorator it renders by itself", async () => {
  await using template = await templateFile("{% for p in response.results %}{{ p.size }}\n{% endfor %}");
  await using jinja = await openPlugin("jinja", { options: { template: template.path, autoescape: false } });
  assert.equal(await jinja.save(response), "507904\n12\n");
});

Deno.test("without a template the report is plain text with everything that is in the results", async () => {
  await using jinja = await openPlugin("jinja");
  const text = await jinja.save(response);
  for (
    const line of [
      "Scan ID:  0d98a884-2c47-409f-bbee-cd45fe27d493",
      "Source:   gateway <1>",
      "Error:    trid: no such file: <trid>",
      "Size:     507.9 kB",
      `filename: <b>&'"03".exe`,
      `      "md5": "16d9f6e5491d99beb46d7ab3500c1799",`,
      `  Archived by filedir: {"path": "/data/archive/3/a"}`,
      "From:     1f168f68-1c19-46f9-9427-585345a6fe24 by pecarve",
    ]
  ) {
    assert.ok(text?.split("\n").includes(line), line);
  }
});

Deno.test("a template that cannot be read, is none, or fails, is an error of one line that names it", async () => {
  const fails = async (template: string, message: RegExp) => {
    await using jinja = await openPlugin("jinja", { options: { template } });
    await assert.rejects(jinja.decorate(response), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  };
  await fails("/no/such.tpl", /Cannot read template "\/no\/such\.tpl": No such file or directory$/);
  await using broken = await templateFile("{% for x in %}");
  await fails(broken.path, /Cannot use template ".*\.tpl": /);
  await using failing = await templateFile("{{ 'x'|wordwrap }}");
  await fails(failing.path, /Cannot render template ".*\.tpl": Unknown StringValue filter: wordwrap$/);
});
