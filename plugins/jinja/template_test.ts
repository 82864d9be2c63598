import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_OUTPUT } from "./output.ts";
import { compile } from "./template.ts";
import jinja2 from "./testdata/rendered.json" with { type: "json" };
import response from "./testdata/response.json" with { type: "json" };

const stoqTpl = compile(Deno.readTextFileSync(new URL("./stoq.tpl", import.meta.url)), false);

/** With autoescape off JSON is left as it is; Jinja's is made for HTML always. */
const plainJson = (text: string) =>
  text.replace(/\\u00(3c|3e|26|27)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

Deno.test("templates give what they give in Jinja", () => {
  for (const [template = "", escaped, plain = ""] of jinja2.rows) {
    assert.equal(compile(template, true)({ response }), escaped, template);
    assert.equal(compile(template, false)({ response }), plainJson(plain), template);
  }
});

Deno.test("what values hold is text, whatever it looks like", () => {
  const x = "{{ 7 * 7 }}{% raise %}<img src=x onerror='a'>\" &amp; \x1b]0;title\x07\r\x9b2J\u202egnp.exe\u2066";
  assert.equal(
    compile("{{ x }}", true)({ x }),
    "{{ 7 * 7 }}{% raise %}&lt;img src=x onerror=&#39;a&#39;&gt;&#34; &amp;amp; " +
      "\\u001b]0;title\\u0007\\u000d\\u009b2J\\u202egnp.exe\\u2066",
  );
  assert.equal(compile("{{ x|safe }}", true)({ x: "\x1b<b>\n\t" }), "\\u001b<b>\n\t");
});

Deno.test("JSON is still JSON when its controls were made visible", () => {
  const x = { "\x1b\u202e": "\x00\x9b\u2028</script>\n" };
  for (const autoescape of [true, false]) {
    const text = compile("{{ x|tojson }}", autoescape)({ x });
    assert.deepEqual(JSON.parse(text), x);
    assert.equal(text.includes("</script>"), !autoescape);
  }
});

Deno.test("only what the last filter marks as safe is left as it is", () => {
  const x = "<b>";
  for (const template of ["{{ x|safe|upper }}", "{{ x|safe ~ x }}", "{{ [x|safe]|join }}", "{{ (x|safe) if x }}"]) {
    assert.doesNotMatch(compile(template, true)({ x }), /</, template);
  }
});

Deno.test("keys of hostile data are no methods, and no template gets at JavaScript", () => {
  const x = JSON.parse(
    `{"items": 1, "keys": 2, "values": "v", "get": null, "__proto__": {"p": 1}, "constructor": "c"}`,
  );
  assert.equal(
    compile("{% for k, v in x.items() %}{{ k }}={{ v }} {% endfor %}", true)({ x }),
    "items=1 keys=2 values=v get= __proto__={&#34;p&#34;: 1} constructor=c ",
  );
  assert.equal(compile("{{ x.keys()|length }}{{ x.values()|last }}{{ x.get('items') }}", true)({ x }), "6c1");
  for (const value of ["''", "[]", "{}", "1", "y", "y.items", "range", "namespace()"]) {
    for (const name of ["constructor", "__proto__", "prototype", "value", "builtins", "toString"]) {
      assert.equal(compile(`{{ ${value}.${name} }}`, true)({ y: { a: 1 } }), "", `${value}.${name}`);
    }
  }
});

Deno.test("what Jinja has and this does not is refused by name", () => {
  for (
    const [template, message] of [
      ["{{ 'x'|wordwrap }}", /wordwrap/],
      ["{{ 'x'|truncate(size=3) }}", /filter "truncate" has no parameter size/],
      ["{% include 'x' %}", /include/],
      ["{% raw %}x{% endraw %}", /raw/],
      ["{{ 'x' is sameas('x') }}", /./],
      ["{% if x %}", /./],
      ["{{ x", /./],
      ["{{ nothing() }}", /Cannot call something that is not a function/],
      ["{{ 'x'.items() }}", /items\(\) is a method of objects/],
    ] as const
  ) {
    assert.throws(() => compile(template, true)({}), message, template);
  }
});

Deno.test("output and ranges are bounded", () => {
  const x = "x".repeat(MAX_OUTPUT / 16);
  assert.equal(compile("{% for i in range(16) %}{{ x }}{% endfor %}", true)({ x }).length, MAX_OUTPUT);
  assert.throws(() => compile("{% for i in range(17) %}{{ x }}{% endfor %}", true)({ x }), /more than 16777216 char/);
  const loops = `{% for i in range(100000) %}{% for i in range(100000) %}${x}{% endfor %}{% endfor %}`;
  assert.throws(() => compile(loops, true)({}), /more than 16777216 characters/);
  assert.throws(() => compile("{{ range(1000000000) }}", true)({}), /range\(1000000000\) has .* the limit is 100000/);
});

const name = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("items", "get", "__proto__", "constructor", "<"));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "binary" }),
    fc.integer(),
    fc.constantFrom(null, true, 0.5, "'\"<&>"),
    tie("list"),
    tie("object"),
  ),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(name, tie("value"), { maxKeys: 4 }),
}));

/** A response as far as its form is ours to say. */
const anyResponse = fc.record({
  scan_id: fc.string({ unit: "binary" }),
  time: fc.string(),
  request_meta: fc.record({ source: fc.option(fc.string({ unit: "binary" })), extra_data: json.object }),
  errors: fc.dictionary(name, fc.array(fc.string({ unit: "binary" }), { maxLength: 3 }), { maxKeys: 3 }),
  decorators: json.object,
  results: fc.array(
    fc.record({
      payload_id: fc.string(),
      size: fc.nat(),
      extracted_from: fc.option(fc.string()),
      extracted_by: fc.option(fc.string({ unit: "binary" })),
      payload_meta: fc.record({ extra_data: json.object }),
      workers: fc.array(json.object, { maxLength: 3 }),
      archivers: json.object,
    }),
    { maxLength: 3 },
  ),
});

Deno.test("whatever the results are, the shipped template renders them, without controls", () => {
  fc.assert(
    fc.property(anyResponse, (response) => {
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(stoqTpl({ response }), /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    }),
    { numRuns: 300 },
  );
});

Deno.test("whatever a value is, HTML has no more elements and attributes than the template", () => {
  const templates = [
    `<p title="{{ x }}">{{ x }}</p>`,
    `<p title="">{{ x|tojson }}</p>`,
    `{% macro m(v) %}<p title="{{ v }}">{% endmacro %}{{ m(x) }}</p>{{ x|tojson(indent=2)|indent }}`,
    `<p title="">{% for k, v in x.items() %}{{ k }}{{ v }}{{ v|e }}{{ v|default(x) }}{% endfor %}</p>`,
    `<p title="">{% for v in x|items %}{{ v|join("<") }}{{ v|first|string|truncate(3) }}{% endfor %}</p>`,
  ].map((template) => compile(template, true));
  fc.assert(
    fc.property(json.object, fc.nat(templates.length - 1), (x, index) => {
      const html = templates[index]!({ x });
      assert.equal(html.split("<").length, 3, html);
      assert.equal(html.split(">").length, 3, html);
      if (!html.includes(`title=""`)) assert.match(html, /^<p title="[^"<>]*">/);
    }),
    { numRuns: 300 },
  );
});

Deno.test("whatever the template is, it renders or is refused", () => {
  const part = fc.constantFrom(
    ..."{{ }} {% %} {# #} {%- -%} for in x endfor if else endif set = macro m ( ) endmacro call endcall filter | e safe"
      .split(" "),
    ..."tojson join items . [ ] , ' 1 + ~ is not none default loop namespace range ** { } : \n".split(" "),
  );
  const template = fc.array(part, { maxLength: 25 }).map((parts) => parts.join(" "));
  fc.assert(
    fc.property(template, fc.boolean(), (text, autoescape) => {
      try {
        assert.equal(typeof compile(text, autoescape)({ x: { a: "<" } }), "string");
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.ok(error instanceof Error);
      }
    }),
    { numRuns: 500 },
  );
});
