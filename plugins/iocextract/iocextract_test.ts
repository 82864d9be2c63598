import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { decodeText } from "../lib/decode_text.ts";
import { extractIndicators, INDICATOR_TYPES, valuesByType } from "../lib/ioc.ts";
import { inNetwork, parseIPv4, parseIPv6, parseNetwork } from "../lib/ioc_address.ts";

const values = (text: string) => valuesByType(extractIndicators(text).indicators);
const testdata = new URL("testdata/", import.meta.url);

Deno.test("iocextract reports every type in the documented order", async () => {
  await using plugin = await openPlugin("iocextract");
  const { results, errors } = await plugin.scan(
    `http://evil.example.net:8080/a?b=1, mail bad@evil.example.org from 198.51.100.7 (00-11-22-aa-bb-cc)
     and 2001:db8::17; dropped D41D8CD98F00B204E9800998ECF8427E,
     da39a3ee5e6b4b0d3255bfef95601890afd80709 and
     e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(results, {
    md5: ["d41d8cd98f00b204e9800998ecf8427e"],
    sha1: ["da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    sha256: ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ipv4: ["198.51.100.7"],
    ipv6: ["2001:db8::17"],
    mac_address: ["00-11-22-aa-bb-cc"],
    email: ["bad@evil.example.org"],
    domain: ["evil.example.net", "evil.example.org"],
    url: ["http://evil.example.net:8080/a?b=1"],
  });
});

Deno.test("iocextract has nothing to say about a payload without indicators", async () => {
  await using plugin = await openPlugin("iocextract");
  assert.equal((await plugin.scan("nothing here")).results, undefined);
});

Deno.test("file names, versions and program text are no indicators", () => {
  for (
    const text of [
      "file.py",
      "time.sh",
      "README.md",
      "setup.zip",
      "main.rs",
      "version 1.2.3.4",
      "v1.2.3.4",
      "Product/1.2.3.4",
      'assemblyIdentity version="6.0.1.2"',
      "1.0.0.0",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "document.location.search",
      "System.Net",
      "item.name",
      "org.apache.commons.io",
      "C:\\temp\\note.info",
      "/usr/share/a.name",
      "obj.open(",
      "std::dec",
      "a::b",
      "12:34:56",
      "00000000000000000000000000000000",
      "12345678901234567890123456789012",
      "@media.screen",
    ]
  ) assert.deepEqual(values(text), {}, text);
});

Deno.test("ambiguous names are indicators where the context says so", () => {
  assert.deepEqual(values("www.evil.py").domain, ["www.evil.py"]);
  assert.deepEqual(values("evil.com.py").domain, ["evil.com.py"]);
  assert.deepEqual(values("https://evil.sh/").domain, ["evil.sh"]);
  assert.deepEqual(values("me@evil.zip").domain, ["evil.zip"]);
  assert.deepEqual(values("evil[.]zip").domain, ["evil.zip"]);
});

Deno.test("defanged indicators are refanged, once, with offsets in the text as given", () => {
  const text = "see hxxps://www[.]evil[.]example[.]com/x, evil(dot)net, user[at]evil[.]org and 198[.]51[.]100[.]7";
  const { indicators } = extractIndicators(text);
  assert.deepEqual(valuesByType(indicators), {
    ipv4: ["198.51.100.7"],
    email: ["user@evil.org"],
    domain: ["www.evil.example.com", "evil.net", "evil.org"],
    url: ["https://www.evil.example.com/x"],
  });
  const at = (value: string) => text.slice(indicators.find((indicator) => indicator.value === value)?.offset);
  assert.ok(at("https://www.evil.example.com/x").startsWith("hxxps://"));
  assert.ok(at("evil.net").startsWith("evil(dot)net"));
  assert.ok(at("user@evil.org").startsWith("user[at]"));
  assert.ok(at("198.51.100.7").startsWith("198[.]"));
});

Deno.test("URLs inside URLs, user information, ports and sentence punctuation are told apart", () => {
  assert.deepEqual(values("(http://a.com/r?u=http://b.org/x(1)).").url, [
    "http://a.com/r?u=http://b.org/x(1)",
    "http://b.org/x(1)",
  ]);
  assert.deepEqual(values("http://www.bank.com@evil.ru/login"), {
    domain: ["evil.ru"],
    url: ["http://www.bank.com@evil.ru/login"],
  });
  assert.deepEqual(values("http://[2001:db8::1]:80/").url, ["http://[2001:db8::1]:80/"]);
});

Deno.test("internationalized domains are found, also beside other scripts", () => {
  assert.deepEqual(values("http://пример.рф/").domain, ["пример.рф"]);
  assert.deepEqual(values("访问example.com吧").domain, ["example.com"]);
});

Deno.test("text in UTF-16, with and without byte order mark, and bytes that are no UTF-8 are read", async () => {
  await using plugin = await openPlugin("iocextract");
  const url = "http://evil.example.com/";
  const utf16 = [...url].flatMap((character) => [character.charCodeAt(0), 0]);
  for (const bytes of [[0xff, 0xfe, ...utf16], utf16, [0xff, 0x20, ...new TextEncoder().encode(url)]]) {
    const { results } = await plugin.scan(new Uint8Array(bytes));
    assert.deepEqual(results, { domain: ["evil.example.com"], url: [url] });
  }
});

Deno.test("the default whitelist leaves out private networks", async () => {
  await using plugin = await openPlugin("iocextract");
  const { results } = await plugin.scan("10.1.2.3 172.31.0.9 172.32.0.9 192.168.7.7 http://10.1.2.3/x");
  assert.deepEqual(results, { ipv4: ["172.32.0.9"] });
});

Deno.test("a whitelist file replaces the default one", async () => {
  const file = new URL("whitelist.txt", testdata).pathname;
  await using plugin = await openPlugin("iocextract", { options: { whitelist_file: file } });
  const { results, errors } = await plugin.scan(
    "10.1.2.3 198.51.100.7 2001:db8::1 a.good.com good.com evilgood.com exact.org sub.exact.org http://cdn.good.com/x " +
      "http://only.url.net/ ok@evil.net d41d8cd98f00b204e9800998ecf8427e",
  );
  assert.deepEqual(results, {
    ipv4: ["10.1.2.3"],
    domain: ["evilgood.com", "sub.exact.org", "only.url.net", "evil.net"],
  });
  assert.deepEqual(errors.map((error) => error.slice(error.lastIndexOf("/") + 1)), [
    'whitelist.txt:12: "nonsense" is not TYPE:PATTERN with TYPE one of ' + INDICATOR_TYPES.join(", "),
  ]);
});

Deno.test("a list of top-level domains replaces the built-in one", async () => {
  const file = new URL("tlds.txt", testdata).pathname;
  await using plugin = await openPlugin("iocextract", { options: { iana_tld_file: file } });
  assert.deepEqual((await plugin.scan("evil.com evil.corp evil.xn--p1ai")).results, {
    domain: ["evil.corp", "evil.xn--p1ai"],
  });
});

Deno.test("several whitelist files add up", async () => {
  const file = new URL("whitelist.txt", testdata).pathname;
  const shipped = new URL("whitelist.txt", import.meta.url).pathname;
  await using plugin = await openPlugin("iocextract", { options: { whitelist_file: `${file}, ${shipped}` } });
  assert.deepEqual((await plugin.scan("10.1.2.3 198.51.100.7 203.0.113.5")).results, { ipv4: ["203.0.113.5"] });
});

Deno.test("a file that cannot be read is an error, not the end", async () => {
  await using plugin = await openPlugin("iocextract", { options: { whitelist_file: "/nowhere/list.txt" } });
  const { results, errors } = await plugin.scan("evil.com");
  assert.deepEqual(results, { domain: ["evil.com"] });
  assert.match(errors[0]!, /^Cannot read whitelist_file "\/nowhere\/list.txt": /);
});

Deno.test("more indicators than the limit are said to be left out", () => {
  const text = Array.from({ length: 30 }, (_, i) => `host${i}.com`).join(" ");
  const { indicators, truncated } = extractIndicators(text, { limit: 10 });
  assert.equal(indicators.length, 10);
  assert.deepEqual(truncated, ["domain"]);
});

Deno.test("addresses and networks compare by their bits", () => {
  assert.deepEqual(parseIPv6("::ffff:1.2.3.4"), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4]);
  for (const text of ["1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", ":1", "::1.2.3"]) {
    assert.equal(parseIPv6(text), undefined, text);
  }
  assert.equal(inNetwork(parseIPv4("172.31.255.255")!, parseNetwork("172.16.0.0/12")!), true);
  assert.equal(inNetwork(parseIPv4("172.32.0.0")!, parseNetwork("172.16.0.0/12")!), false);
  assert.equal(inNetwork(parseIPv6("fd00::1")!, parseNetwork("fc00::/7")!), true);
  assert.equal(inNetwork(parseIPv4("1.2.3.4")!, parseNetwork("0.0.0.0/0")!), true);
});

Deno.test("any text gives indicators that lie inside it, the same each time", () => {
  const word = fc.constantFrom(
    "http://",
    "hxxp[:]//",
    "[.]",
    ".",
    "@",
    "evil",
    "com",
    "1.2.3.4",
    ":",
    "::",
    "ffff",
    "/",
    " ",
    "(dot)",
    " [at] ",
    "é",
    "\u{1f600}",
    "]",
    "-",
    "_",
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.array(word, { maxLength: 60 }).map((a) => a.join("")),
  );
  fc.assert(
    fc.property(text, (t) => {
      const once = extractIndicators(t);
      for (const { value, offset } of once.indicators) assert.ok(value.length > 0 && offset >= 0 && offset < t.length);
      assert.deepEqual(extractIndicators(t), once);
    }),
    { numRuns: 500 },
  );
});

Deno.test("any bytes decode", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof decodeText(bytes) === "string"));
});

Deno.test("long repetitive text is handled in one pass", () => {
  for (
    const unit of [
      "a",
      "a.",
      "http://",
      "http://a.com/",
      "@a.com",
      "[.]",
      ":",
      "aa:",
      "-",
      "_.",
      "a@",
      "version ",
      "http://a.com/)",
    ]
  ) {
    assert.ok(extractIndicators(unit.repeat(100_000)).indicators.length < 3_000, unit);
  }
});
