import assert from "node:assert/strict";
import fc from "fast-check";
import { StoqConfigError } from "../../mod.ts";
import { formatLock, type Installed, type Lock, parseLock, readLock, writeLock } from "../../core/lock.ts";
import { tempDir } from "../support.ts";
import { names } from "./home.ts";

const PATH = "/srv/stoq/stoq.lock";
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/).filter((text) =>
  !["core", "stoq", "DEFAULT"].includes(text)
);
/** Keys of objects, those with a meaning of their own among them. */
const key = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("__proto__", "constructor", "toString", "é/ü.txt"));
const texts = fc.uniqueArray(fc.tuple(key, fc.string()), { selector: ([one]) => one, maxLength: 5 })
  .map((entries) => Object.fromEntries(entries) as Record<string, string>);

function installed(name: string): fc.Arbitrary<Installed> {
  return fc.record({
    version: fc.string(),
    source: fc.string(),
    sha256: fc.option(hash),
    installed: fc.string(),
    directory: fc.constantFrom(`/srv/stoq/plugins/${name}`, `/opt/${name}`, `/srv/${name}`),
    manifest: fc.constant(`${name}.stoq`),
    files: fc.tuple(hash, fc.uniqueArray(fc.tuple(key, hash), { selector: ([one]) => one, maxLength: 5 })).map((
      [own, more],
    ) => Object.fromEntries([...more, [`${name}.stoq`, own]])),
    granted: fc.record({
      permissions: fc.dictionary(
        fc.constantFrom("net", "read", "write", "run", "env", "sys", "stdout"),
        fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
        { noNullPrototype: true },
      ),
      commands: texts,
      options: texts,
      limits: fc.record({ timeout: fc.integer({ min: 1 }), memory: fc.integer({ min: 1 }) }, {
        requiredKeys: [],
        noNullPrototype: true,
      }),
    }, { noNullPrototype: true }),
  }, { noNullPrototype: true });
}

const plugins = fc.uniqueArray(name, { maxLength: 4 }).chain((all) =>
  fc.tuple(...all.map((one) => installed(one).map((entry) => [one, entry] as const)))
).map((entries) => new Map(entries));
const lock: fc.Arbitrary<Lock> = fc.record({ plugins, pending: plugins }, { noNullPrototype: true });

Deno.test("what is written is what is read", () => {
  fc.assert(fc.property(lock, (lock) => {
    assert.deepEqual(parseLock(formatLock(lock, PATH), PATH), lock);
  }));
});

Deno.test("the same content gives the same text, whatever the order, and it is sorted", () => {
  const backwards = <T>(record: Readonly<Record<string, T>>) => Object.fromEntries(Object.entries(record).reverse());
  fc.assert(fc.property(plugins, (plugins) => {
    const turned = new Map(
      [...plugins].reverse().map(([one, entry]) => [one, { ...entry, files: backwards(entry.files) }]),
    );
    const text = formatLock({ plugins, pending: new Map() }, PATH);
    assert.equal(formatLock({ plugins: turned, pending: new Map() }, PATH), text);
    const there = Object.keys(JSON.parse(text).plugins).filter((one) => !/^\d+$/.test(one));
    assert.deepEqual(there, [...there].sort());
  }));
});

Deno.test("arbitrary and damaged lock files are refused in one line, or read", () => {
  const damaged = fc.tuple(lock, fc.nat(), fc.string({ maxLength: 3 }), fc.nat({ max: 20 })).map((
    [lock, at, by, cut],
  ) => {
    const text = formatLock(lock, PATH);
    const from = at % text.length;
    return text.slice(0, from) + by + text.slice(from + cut);
  });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string(), fc.json()), (text) => {
      try {
        parseLock(text, PATH);
      } catch (error) {
        assert.ok(error instanceof StoqConfigError, String(error));
        assert.match(
          error.message,
          /^Cannot use lock file "\/srv\/stoq\/stoq\.lock": .*: no plugin of a plugin directory/s,
        );
        assert.ok(error.message.length < 2000);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("what is wrong in a lock file is named", () => {
  const good = (): Record<string, unknown> => ({
    version: "1",
    source: "/src",
    sha256: null,
    installed: "now",
    directory: "plugins/p",
    manifest: "p.stoq",
    files: { "p.stoq": "0".repeat(64) },
    granted: { permissions: {}, commands: {}, options: {}, limits: {} },
  });
  const parse = (data: unknown) => parseLock(JSON.stringify(data), PATH);
  assert.equal(parse({ version: 1, plugins: { p: good() } }).plugins.get("p")?.directory, "/srv/stoq/plugins/p");
  const cases: [unknown, RegExp][] = [
    [[], /it is no object/],
    [{ plugins: {} }, /its version is undefined, this stoQ knows 1/],
    [{ version: 2, plugins: {} }, /its version is 2, this stoQ knows 1/],
    [{ version: 1 }, /plugins is no object/],
    [{ version: 1, plugins: {}, more: 1 }, /"more" of it is not known/],
    [{ version: 1, plugins: { "../p": good() } }, /"\.\.\/p", which is no plugin name/],
    [
      { version: 1, plugins: { p: { ...good(), directory: "/" } } },
      /directory of "p" is "\/", which does not end with its name/,
    ],
    [{ version: 1, plugins: { p: { ...good(), directory: "plugins/q" } } }, /does not end with its name/],
    [{ version: 1, plugins: { p: { ...good(), manifest: "../p.stoq" } } }, /manifest of "p" is no name of one/],
    [{ version: 1, plugins: { p: { ...good(), files: {} } } }, /files of "p" are without its manifest/],
    [{ version: 1, plugins: { p: { ...good(), files: { "p.stoq": "00" } } } }, /SHA-256 of "p\.stoq" of "p" is none/],
    [{ version: 1, plugins: { p: { ...good(), sha256: "x" } } }, /sha256 of "p" is none/],
    [{ version: 1, plugins: { p: { ...good(), denied: {} } } }, /"denied" of "p" is not known/],
    [
      { version: 1, plugins: { p: { ...good(), granted: { permissions: { ffi: ["x"] } } } } },
      /"ffi" of permissions of "p"|no object/,
    ],
  ];
  for (const [data, message] of cases) assert.throws(() => parse(data), { name: "StoqConfigError", message });
});

Deno.test("the lock file is written whole or not at all", async () => {
  using dir = tempDir();
  const path = `${dir.path}/stoq.lock`;
  await fc.assert(
    fc.asyncProperty(lock, async (lock) => {
      // Directories are below another path here; what is read is what was written all the same.
      await writeLock(lock, path);
      assert.deepEqual((await readLock(path)).plugins, lock.plugins);
      assert.deepEqual(names(dir.path), ["stoq.lock"]);
    }),
    { numRuns: 20 },
  );
  const before = Deno.readTextFileSync(path);
  // A folder in the way of the temporary file.
  Deno.mkdirSync(`${path}.part`);
  await assert.rejects(writeLock({ plugins: new Map(), pending: new Map() }, path));
  assert.equal(Deno.readTextFileSync(path), before);
});
