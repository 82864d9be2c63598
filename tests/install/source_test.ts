import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { refuser } from "../../install/files.ts";
import { readBounded } from "../../install/folder.ts";
import { fetchSource, type SourceOptions } from "../../install/source.ts";
import { fromFileUrl, needs, ownHomeEnv, tempDir } from "../support.ts";
import {
  bytes,
  gzip,
  pax,
  PLUGIN,
  redirect,
  refused,
  serve,
  type Server,
  tar,
  texts,
  tgz,
  tgzOf,
  tlsFile,
  zipOf,
} from "./support.ts";

const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** A folder with files, gone after the test. */
function folderOf(files: Readonly<Record<string, string>>) {
  const dir = tempDir();
  for (const [path, content] of Object.entries(files)) {
    Deno.mkdirSync(`${dir.path}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${dir.path}/${path}`, content);
  }
  return dir;
}

/** A refusal without the name of the source in front. */
async function why(source: string, options?: SourceOptions, server?: Server, powers = {}): Promise<string> {
  const message = await refused(() =>
    fetchSource(source, options, { ...(server && { client: server.client }), ...powers })
  );
  return message.replace(/^Cannot install "[^"]*": /, "");
}

Deno.test("a folder gives its files, with the manifest at the top, and where it is", async () => {
  using dir = folderOf({
    "shout.stoq": PLUGIN["shout.stoq"]!,
    "shout.ts": PLUGIN["shout.ts"]!,
    "data/words.txt": "a b",
  });
  const fetched = await fetchSource(dir.path);
  assert.deepEqual(texts(fetched.files), { ...PLUGIN, "data/words.txt": "a b" });
  assert.equal(fetched.manifest, "shout.stoq");
  assert.equal(fetched.origin, dir.path);
  assert.equal(fetched.sha256, null);
});

Deno.test("the manifest's folder is the plugin: what is above or beside it is left out", async () => {
  const files = {
    "README.md": "x",
    "setup/x.txt": "x",
    "a/b/shout.stoq": PLUGIN["shout.stoq"]!,
    "a/b/shout.ts": "1",
    "a/b/c/d": "2",
    "a/bb/e": "3",
  };
  using dir = folderOf(files);
  const expected = { "shout.stoq": PLUGIN["shout.stoq"]!, "shout.ts": "1", "c/d": "2" };
  assert.deepEqual(texts((await fetchSource(dir.path)).files), expected);
  for (
    const [name, archive] of [["x.tgz", tgzOf(files)], ["x.zip", zipOf(files)], ["no-extension", tgzOf(files)]] as const
  ) {
    Deno.writeFileSync(`${dir.path}/${name}`, archive);
    const fetched = await fetchSource(`${dir.path}/${name}`);
    assert.deepEqual(texts(fetched.files), expected);
    assert.equal(fetched.manifest, "shout.stoq");
    assert.equal(fetched.origin, `${dir.path}/${name}`);
    assert.equal(fetched.sha256, sha256(archive));
  }
});

Deno.test("a relative path and a link to a folder or an archive may be given; the origin is the absolute path that was", async () => {
  using dir = folderOf({ "real/shout.stoq": PLUGIN["shout.stoq"]!, "real/shout.ts": "1" });
  Deno.writeFileSync(`${dir.path}/real.tgz`, tgzOf(PLUGIN));
  Deno.symlinkSync("real", `${dir.path}/link`);
  Deno.symlinkSync("real.tgz", `${dir.path}/link.tgz`);
  assert.equal((await fetchSource(`${dir.path}/link`)).origin, `${dir.path}/link`);
  assert.equal((await fetchSource(`${dir.path}/link.tgz`)).origin, `${dir.path}/link.tgz`);
  assert.equal((await fetchSource("examples/plugins/shout")).origin, `${Deno.cwd()}/examples/plugins/shout`);
});

Deno.test("a folder with a link or a pipe in it is refused; what tools leave is passed over", async () => {
  using dir = folderOf({
    ...PLUGIN,
    "node_modules/x/y.stoq": "x",
    ".git/config": "x",
    "shout.ts~": "x",
    "sub/Thumbs.db": "x",
  });
  Deno.symlinkSync("/etc/passwd", `${dir.path}/.#shout.ts`);
  assert.deepEqual(texts((await fetchSource(dir.path)).files), PLUGIN);
  for (const target of ["/etc/passwd", "shout.ts", "sub", "nowhere"]) {
    Deno.symlinkSync(target, `${dir.path}/sub/link`);
    assert.equal(await why(dir.path), `"sub/link" in it is a symbolic link: put a copy there instead`);
    Deno.removeSync(`${dir.path}/sub/link`);
  }
});

Deno.test({
  ...needs("mkfifo", "a pipe in a folder, or as an archive, is refused and not waited for"),
  async fn() {
    using dir = folderOf(PLUGIN);
    new Deno.Command("mkfifo", { args: [`${dir.path}/pipe`] }).outputSync();
    assert.equal(await why(dir.path), `"pipe" in it is neither a file nor a folder: remove it`);
    assert.equal(
      await why(`${dir.path}/pipe`),
      "it is neither a file nor a folder: give the folder or an archive of a plugin",
    );
    assert.equal(
      await why("/dev/zero"),
      "it is neither a file nor a folder: give the folder or an archive of a plugin",
    );
  },
});

Deno.test("a file that is too large, or not as long as it says, is not read", async () => {
  using dir = folderOf(PLUGIN);
  for (const [name, size] of [["x.tgz", 64 * 1024 * 1024 + 1], ["model.bin", 256 * 1024 * 1024 + 1]] as const) {
    Deno.writeTextFileSync(`${dir.path}/${name}`, "");
    Deno.truncateSync(`${dir.path}/${name}`, size);
  }
  assert.equal(await why(`${dir.path}/x.tgz`), "it has 67108865 bytes: 67108864 are allowed");
  assert.match(await why(dir.path), /^"model.bin" in it has 268435457 bytes: \d+ are allowed$/);
  if (Deno.build.os !== "linux") return;
  // Both say that they have no byte; the first is no file, and has no end.
  const read = (path: string) => refused(() => readBounded(path, 100, refuser(path)));
  assert.match(await read("/dev/zero"), /is neither a file nor a folder: remove it$/);
  assert.match(await read("/proc/self/status"), /changed while it was read: try again$/);
});

Deno.test("files of a folder must have names that every file system can hold, as those of an archive", async () => {
  using dir = folderOf({ ...PLUGIN, "a.txt": "1", "A.txt": "2" });
  // Where file systems fold case, the second is the first.
  if (readdirSync(dir.path).includes("A.txt") && readdirSync(dir.path).includes("a.txt")) {
    assert.match(await why(dir.path), /^"A.txt" and "a.txt" in it are one name where case/);
  }
  using other = folderOf({ ...PLUGIN, "a\nb": "1" });
  assert.match(await why(other.path), /^"a\\u\{a\}b" in it has control or invisible characters/);
});

Deno.test("no manifest, several, and a module that is not there are refused, each named", async () => {
  using empty = folderOf({ "readme.md": "x" });
  assert.equal(
    await why(empty.path),
    "it has no manifest (NAME.stoq), so it is not a plugin: give the folder or an archive of one",
  );
  using two = folderOf({ "a/a.stoq": "x", "b/b.stoq": "y" });
  assert.equal(
    await why(two.path),
    `it has 2 manifests ("a/a.stoq", "b/b.stoq"): give the folder or an archive of one`,
  );
  using nested = folderOf({ ...PLUGIN, "tests/other.stoq": "y" });
  assert.equal(
    await why(nested.path),
    `it has 2 manifests ("shout.stoq", "tests/other.stoq"): give the folder or an archive of one`,
  );
  using many = folderOf(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`p${i + 10}/p.stoq`, "x"])));
  assert.match(await why(many.path), /^it has 12 manifests \("p10\/p.stoq", .*"p17\/p.stoq" and 4 more\)/);
  using alone = folderOf({ "shout.stoq": PLUGIN["shout.stoq"]! });
  assert.equal(
    await why(alone.path),
    `"shout.stoq" names the module "shout", but there is no shout.ts, shout.js, shout.mjs beside it`,
  );
});

Deno.test("a manifest that cannot be used is refused in its own words", async () => {
  using dir = folderOf({ "x.stoq": "[Core]\nName = x\n", "x.ts": "1" });
  assert.equal(
    await refused(() => fetchSource(dir.path)),
    `Cannot use manifest "${dir.path}/x.stoq": Module of [Core] is missing: add it`,
  );
  Deno.writeFileSync(`${dir.path}/x.stoq`, Uint8Array.of(0xff, 0xfe, 0x5b));
  assert.equal(await why(dir.path), "its manifest is not UTF-8: save it again");
  Deno.writeTextFileSync(`${dir.path}/x.stoq`, "#".repeat(300_000));
  assert.equal(await why(dir.path), "its manifest has 300000 bytes: 262144 are allowed");
  assert.equal(await why(`${dir.path}/x.stoq`), "it is a manifest: give the folder that it is in");
});

Deno.test("a plugin for stoQ in Python is said to be one, and that one is built in where it is", async () => {
  const manifest = "[Core]\nName = mine\nModule = mine\n[Documentation]\nAuthor = x\n";
  const said = "it is a plugin for stoQ in Python, which cannot run here: ";
  using mine = folderOf({ "mine/mine.stoq": manifest, "mine/mine.py": "x", "mine/__init__.py": "", "setup.py": "x" });
  assert.equal(await why(mine.path), `${said}it must be written anew in TypeScript (see CONTRIBUTING.md)`);
  using unusable = folderOf({ "mine.stoq": `${manifest}[more]\nx = y\n`, "mine.py": "x" });
  assert.equal(await why(unusable.path), `${said}it must be written anew in TypeScript (see CONTRIBUTING.md)`);
  using yara = folderOf({ "yara.stoq": manifest.replaceAll("mine", "yara"), "yara.py": "x" });
  assert.equal(await why(yara.path), `${said}"yara" is built in, there is nothing to install`);
});

Deno.test("what is no source is refused with what to write instead", async () => {
  assert.equal(await why("/nonexistent/plugin"), "there is no such file or folder: check the path");
  const hint = "there is no such file or folder: check the path, or add --github for a name on GitHub";
  assert.equal(await why("stoq:yara"), hint);
  assert.equal(await why("someone/stoq-plugins"), hint);
  assert.equal(await why(""), "no source is named: give a folder, an archive or an https URL");
  assert.equal(
    await why("http://example.com/x.tgz"),
    `"http://example.com/x.tgz" is http, which anyone on the way can change: use an https URL, or get the file yourself and give its path`,
  );
  assert.equal(await why("https://"), "it is not a URL: write https://HOST/PATH");
  assert.match(await why("ftp://example.com/x.tgz"), /is "ftp:": use an https URL, or get the file yourself/);
  assert.match(
    await why("https://me:secret@example.com/x.tgz"),
    /^a user name or password in its URL would be written to the lock file/,
  );
  using dir = tempDir();
  Deno.writeTextFileSync(`${dir.path}/x.txt`, "hello");
  assert.equal(await why(`${dir.path}/x.txt/y`), "there is no such file or folder: check the path");
  assert.match(await why("x".repeat(5000)), /^it cannot be read \(ENAMETOOLONG.*\): check its path and permissions$/);
  assert.match(await why("a\0b"), /^it cannot be read \(/);
  assert.equal(await why(`${dir.path}/x.txt`), "it is not an archive that stoQ reads: give a .tar.gz, .tgz or .zip");
});

Deno.test("a SHA-256 is compared, in either case; a wrong one names both; a folder has none", async () => {
  using dir = folderOf(PLUGIN);
  const archive = tgzOf(PLUGIN);
  const path = `${dir.path}/x.tgz`;
  Deno.writeFileSync(path, archive);
  assert.equal((await fetchSource(path, { sha256: sha256(archive).toUpperCase() })).sha256, sha256(archive));
  const other = "0".repeat(64);
  assert.equal(
    await why(path, { sha256: other }),
    `its SHA-256 is ${sha256(archive)}, not the expected ${other}: it was changed, or is another version`,
  );
  assert.equal(await why(path, { sha256: "abc" }), `"abc" is not a SHA-256: give 64 hexadecimal digits`);
  assert.match(await why(dir.path, { sha256: other }), /^a folder has no SHA-256/);
});

Deno.test("an archive is fetched by its URL, whatever its name", async () => {
  const archive = tgzOf(PLUGIN, "shout-1.0/");
  await using server = serve({ "/shout.tar.gz": archive, "/download": zipOf(PLUGIN), "/x.stoq": archive });
  const fetched = await fetchSource(`${server.base}/shout.tar.gz#part`, { sha256: sha256(archive) }, server);
  assert.deepEqual(texts(fetched.files), PLUGIN);
  assert.equal(fetched.origin, `${server.base}/shout.tar.gz`);
  assert.equal(fetched.sha256, sha256(archive));
  const asked = await fetchSource(`${server.base}/download?version=1`, {}, server);
  assert.deepEqual(texts(asked.files), PLUGIN);
  assert.equal(asked.origin, `${server.base}/download?version=1`);
  assert.deepEqual(texts((await fetchSource(`${server.base}/x.stoq`, {}, server)).files), PLUGIN);
  assert.match(
    await why(`${server.base}/shout.tar.gz`, { sha256: "1".repeat(64) }, server),
    /^its SHA-256 is [0-9a-f]{64}, not the expected 1{64}/,
  );
});

Deno.test("a manifest is fetched by its URL, with its module and the assets that it lists", async () => {
  const manifest = "[Core]\nName = shout\nModule = shout\n" +
    "[assets]\nwords = data/my words.txt\nsame = data/my words.txt\ncode = shout.js\nwasm = npm:7z-wasm/7zz.wasm\n";
  await using server = serve({
    "/p/shout.stoq": manifest,
    "/p/shout.js": PLUGIN["shout.ts"]!,
    "/p/data/my%20words.txt": "a b",
  });
  const fetched = await fetchSource(`${server.base}/p/shout.stoq`, {}, server);
  assert.deepEqual(texts(fetched.files), {
    "shout.stoq": manifest,
    "shout.js": PLUGIN["shout.ts"],
    "data/my words.txt": "a b",
  });
  assert.equal(fetched.manifest, "shout.stoq");
  assert.equal(fetched.origin, `${server.base}/p/shout.stoq`);
  assert.equal(fetched.sha256, sha256(bytes(manifest)));
  assert.deepEqual(server.asked, ["/p/shout.stoq", "/p/shout.ts", "/p/shout.js", "/p/data/my%20words.txt"]);
});

Deno.test("a manifest is known by its content too, and what it names comes from where it was found", async () => {
  await using server = serve({
    "/latest": redirect("/v2/shout.stoq"),
    "/v2/shout.stoq": PLUGIN["shout.stoq"]!,
    "/v2/shout.ts": "new",
    "/shout.ts": "old",
  });
  const fetched = await fetchSource(`${server.base}/latest`, {}, server);
  assert.deepEqual(texts(fetched.files), { "shout.stoq": PLUGIN["shout.stoq"], "shout.ts": "new" });
  assert.equal(fetched.origin, `${server.base}/latest`);
});

Deno.test("a manifest's URL without its module, with a module in Python, or with assets elsewhere is refused", async () => {
  const manifest = (name: string, assets = "") =>
    `[Core]\nName = ${name}\nModule = ${name}\n${assets && `[assets]\na = ${assets}\n`}`;
  await using server = serve({
    "/none.stoq": manifest("none"),
    "/private.stoq": manifest("private").replace("Module = private", "Module = private.ts"),
    "/private.ts": () => new Response("x", { status: 403 }),
    "/python.stoq": manifest("python"),
    "/python.py": "x",
    "/up.stoq": manifest("up", "../secret"),
    "/up.ts": "x",
    "/absolute.stoq": manifest("absolute", "/etc/passwd"),
    "/absolute.ts": "x",
    "/url.stoq": manifest("url", "https://example.com/x"),
    "/url.ts": "x",
    "/case.stoq": manifest("case", "CASE.ts"),
    "/case.ts": "x",
    "/CASE.ts": "x",
    "/gone.stoq": manifest("gone", "gone.txt"),
    "/gone.ts": "x",
    "/many.stoq": manifest("many") + "[assets]\n" + Array.from({ length: 101 }, (_, i) => `a${i} = f${i}\n`).join(""),
    "/many.ts": "x",
    "/odd.stoq": manifest("odd").replace("Module = odd", "Module = a?b#c"),
  });
  const said = (name: string) => why(`${server.base}/${name}.stoq`, {}, server);
  assert.equal(
    await said("none"),
    `"${server.base}/none.stoq" names the module "none", but there is no none.ts, none.js, none.mjs beside it (status 404)`,
  );
  assert.match(await said("private"), /there is no private.ts beside it \(status 403\)$/);
  assert.match(await said("python"), /^it is a plugin for stoQ in Python, which cannot run here/);
  assert.match(await said("up"), /^"\.\.\/secret" in it leads out of the plugin's folder/);
  assert.match(await said("absolute"), /^"\/etc\/passwd" in it is an absolute path/);
  assert.match(await said("url"), /^"https:\/\/example.com\/x" in it has one of < > : "/);
  assert.match(await said("case"), /^"case.ts" and "CASE.ts" in it are one name/);
  assert.equal(await said("gone"), `"${server.base}/gone.txt" answers with status 404: check the name`);
  assert.match(await said("many"), /^its manifest lists 101 assets: at most 100 come one by one, pack an archive$/);
  assert.match(await said("odd"), /^"a\?b#c.ts" in it has one of/);
});

Deno.test("what is neither an archive nor a manifest is refused", async () => {
  await using server = serve({
    "/page": "<!DOCTYPE html><html></html>",
    "/page.stoq": "\n<html></html>",
    "/text": "hello",
    "/empty": "",
    "/binary": Uint8Array.of(1, 2, 0, 3),
    "/broken.stoq": "hello",
  });
  const neither = "there is neither an archive (.tar.gz, .tgz, .zip) nor a manifest (NAME.stoq): check the URL";
  for (const path of ["page", "page.stoq", "text", "empty", "binary"]) {
    assert.equal(await why(`${server.base}/${path}`, {}, server), neither, path);
  }
  assert.match(
    await refused(() => fetchSource(`${server.base}/broken.stoq`, {}, server)),
    /^Cannot read manifest "https:\/\/localhost:\d+\/broken.stoq": it is neither INI nor YAML/,
  );
});

Deno.test("redirects are followed, relative ones too, but not for ever", async () => {
  await using server = serve({
    "/a": redirect("b", 301),
    "/b": redirect("/c", 307),
    "/c": (request) => redirect(new URL("/x.tgz?signed=1", request.url).href, 308)(),
    "/x.tgz": tgzOf(PLUGIN),
    "/loop": redirect("/loop"),
    "/5": redirect("/4"),
    "/4": redirect("/3"),
    "/3": redirect("/2"),
    "/2": redirect("/1"),
    "/1": redirect("/x.tgz"),
    "/6": redirect("/5"),
    "/nowhere": () => new Response(null, { status: 302 }),
    "/odd": redirect("https://"),
  });
  const fetched = await fetchSource(`${server.base}/a`, {}, server);
  assert.equal(fetched.origin, `${server.base}/a`);
  assert.deepEqual(texts((await fetchSource(`${server.base}/5`, {}, server)).files), PLUGIN);
  const many = (path: string) =>
    `"${server.base}${path}" leads through more than 5 redirects: give the URL where it ends`;
  assert.equal(await why(`${server.base}/6`, {}, server), many("/6"));
  assert.equal(await why(`${server.base}/loop`, {}, server), many("/loop"));
  assert.match(await why(`${server.base}/nowhere`, {}, server), /redirects to "", which is not a URL: give another$/);
  assert.match(
    await why(`${server.base}/odd`, {}, server),
    /redirects to "https:\/\/", which is not a URL: give another$/,
  );
});

Deno.test("a redirect to anything but https is refused", async () => {
  await using server = serve({
    "/http": redirect("http://localhost:1/x.tgz"),
    "/file": redirect("file:///etc/passwd"),
    "/data": redirect("data:text/plain,x"),
    "/password": redirect("https://me:secret@localhost/x"),
  });
  assert.equal(
    await why(`${server.base}/http`, {}, server),
    `"${server.base}/http" redirects to "http://localhost:1/x.tgz", which is not https: give an https URL`,
  );
  assert.match(await why(`${server.base}/file`, {}, server), /which is not https: give an https URL$/);
  assert.match(await why(`${server.base}/data`, {}, server), /which is not https: give an https URL$/);
  assert.match(await why(`${server.base}/password`, {}, server), /^a user name or password in its URL/);
});

Deno.test("a body that is longer than allowed is cut off, whether its length is told, or told wrongly, or not", async () => {
  let cancelled: () => void;
  const gone = new Promise<void>((resolve) => cancelled = resolve);
  const endless = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(10_000)),
        cancel: () => cancelled(),
      }),
    );
  await using server = serve({ "/endless": endless, "/told": new Uint8Array(200_000) });
  const limits = { maxBytes: 100_000 };
  assert.equal(
    await why(`${server.base}/endless`, {}, server, limits),
    `"${server.base}/endless" has more than 100000 bytes: 100000 are allowed`,
  );
  await gone;
  assert.equal(
    await why(`${server.base}/told`, {}, server, limits),
    `"${server.base}/told" has 200000 bytes: 100000 are allowed`,
  );
});

Deno.test("a server that stalls, before its answer or within it, or that only trickles, is given up", async () => {
  const stopped = Promise.withResolvers<Response>();
  const trickle = () => {
    let timer: ReturnType<typeof setInterval>;
    return new Response(
      new ReadableStream({
        start: (controller) => void (timer = setInterval(() => controller.enqueue(bytes("x")), 5)),
        cancel: () => clearInterval(timer),
      }),
    );
  };
  await using server = serve({
    "/silent": () => stopped.promise,
    "/half": () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(bytes("half")) })),
    "/trickle": trickle,
  });
  const said = `sent nothing for 0.3 seconds: try again later`;
  assert.equal(await why(`${server.base}/silent`, {}, server, { stallMs: 300 }), `"${server.base}/silent" ${said}`);
  assert.equal(await why(`${server.base}/half`, {}, server, { stallMs: 300 }), `"${server.base}/half" ${said}`);
  assert.equal(
    await why(`${server.base}/trickle`, {}, server, { totalMs: 500 }),
    `"${server.base}/trickle" was not done after 0.5 seconds: try again later`,
  );
  stopped.resolve(new Response());
});

Deno.test("a download that ends before the length that was told is refused", async () => {
  const [cert, key] = [Deno.readTextFileSync(tlsFile("server.pem")), Deno.readTextFileSync(tlsFile("server.key"))];
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const answered = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(10_000));
    await connection.write(bytes("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf"));
  })();
  using client = Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(tlsFile("ca.pem"))] });
  const url = `https://localhost:${listener.addr.port}/x.tgz`;
  assert.match(
    await why(url, {}, undefined, { client }),
    /^"https:.*x.tgz" cannot be read \(.+\): check the URL and the network$/,
  );
  await answered;
});

Deno.test("a download ends when its signal is aborted, with the signal's reason", async () => {
  const asked = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<Response>();
  await using server = serve({
    "/silent": () => {
      asked.resolve();
      return stopped.promise;
    },
  });
  const abort = new AbortController();
  const fetched = fetchSource(`${server.base}/silent`, { signal: abort.signal }, server);
  await asked.promise;
  abort.abort(new Error("the user pressed Ctrl-C"));
  await assert.rejects(fetched, /^Error: the user pressed Ctrl-C$/);
  stopped.resolve(new Response());
});

Deno.test("statuses, unknown hosts, closed ports and unknown authorities each have their remedy", async () => {
  await using server = serve(Object.fromEntries(
    [401, 403, 410, 418, 429, 503].map((status) => [`/${status}`, () => new Response("x", { status })]),
  ));
  const said = async (path: string) =>
    (await why(`${server.base}${path}`, {}, server)).replace(`"${server.base}${path}" `, "");
  const login = "it needs a login, which stoQ does not send: get the file yourself and give its path";
  assert.equal(await said("/missing"), "answers with status 404: check the name");
  assert.equal(await said("/410"), "answers with status 410: check the name");
  assert.equal(await said("/401"), `answers with status 401: ${login}`);
  assert.equal(await said("/403"), `answers with status 403: ${login}`);
  assert.equal(await said("/418"), "answers with status 418: check the URL");
  assert.equal(await said("/429"), "answers with status 429: try again later");
  assert.equal(await said("/503"), "answers with status 503: try again later");
  assert.match(
    await why(`${server.base}/x?token=secret`),
    /^"https:\/\/localhost:\d+\/x\?…" cannot be read \(.*certificate.*\): for an authority of your own, name the file with its certificate in DENO_CERT$/,
  );
  assert.match(
    await why("https://host.invalid/x"),
    /^"https:\/\/host.invalid\/x" cannot be read \(.*\): check the name of the host and the network$/,
  );
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  assert.match(
    await why(`https://127.0.0.1:${port}/x`),
    /cannot be read \(.*refused.*\): check the URL and the network$/i,
  );
});

Deno.test("an authority in DENO_CERT is trusted by the command's own process", async () => {
  await using server = serve({ "/x.tgz": tgzOf(PLUGIN) });
  const module = new URL("../../install/source.ts", import.meta.url).href;
  const code = `const { fetchSource } = await import(${JSON.stringify(module)});
    console.log((await fetchSource(${JSON.stringify(`${server.base}/x.tgz`)})).manifest);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--config", fromFileUrl("../deno.json"), code],
    env: { ...ownHomeEnv(), DENO_CERT: tlsFile("ca.pem") },
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "shout.stoq\n", new TextDecoder().decode(stderr));
});

/** A repository's archive as GitHub makes it: a comment for all, and one folder with the commit in its name. */
function repository(files: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const top = "stoq-plugins-1234567/";
  return tgz([
    pax({ comment: "1234567890123456789012345678901234567890" }, "g"),
    { name: top, type: "5" },
    ...Object.entries(files).map(([name, content]) => ({ name: top + name, content })),
    // Elsewhere in the repository there may be what a plugin must not have.
    { name: `${top}docs/latest`, type: "2", link: "v2" },
  ]);
}

Deno.test("a plugin is fetched from a folder of a GitHub repository, at a ref, and again by its origin", async () => {
  const archive = repository({
    "README.md": "x",
    "shout/shout/shout.stoq": PLUGIN["shout.stoq"]!,
    "shout/shout/shout.ts": PLUGIN["shout.ts"]!,
    "shouter/x.stoq": "x",
    "whisper/whisper.stoq": "x",
  });
  await using server = serve({
    "/someone/plugins/tar.gz/HEAD": archive,
    "/someone/plugins/tar.gz/feature/v%2B1": archive,
    "/PUNCH-Cyber/stoq-plugins-public/tar.gz/HEAD": archive,
  });
  const githubArchive = `${server.base}/{owner}/{repo}/tar.gz/{ref}`;
  const options = { github: true, githubArchive, githubPlugins: "someone/plugins" };
  const forms: [string, string][] = [
    ["stoq:shout", "github:someone/plugins/shout@HEAD"],
    ["someone/plugins/shout", "github:someone/plugins/shout@HEAD"],
    ["someone/plugins/shout/shout@HEAD", "github:someone/plugins/shout/shout@HEAD"],
    ["stoq:shout@feature/v+1", "github:someone/plugins/shout@feature/v+1"],
    ["github:someone/plugins/shout@HEAD", "github:someone/plugins/shout@HEAD"],
  ];
  for (const [text, origin] of forms) {
    const fetched = await fetchSource(text, options, server);
    assert.deepEqual(texts(fetched.files), PLUGIN, text);
    assert.equal(fetched.manifest, "shout.stoq");
    assert.equal(fetched.origin, origin);
    assert.equal(fetched.sha256, sha256(archive));
    const again = await fetchSource(origin, { githubArchive, sha256: fetched.sha256! }, server);
    assert.deepEqual(again, fetched);
  }
  server.asked.length = 0;
  assert.equal(
    (await fetchSource("stoq:shout", { github: true, githubArchive }, server)).origin,
    "github:PUNCH-Cyber/stoq-plugins-public/shout@HEAD",
  );
  assert.deepEqual(server.asked, ["/PUNCH-Cyber/stoq-plugins-public/tar.gz/HEAD"]);
  assert.equal(
    await why("stoq:shoot", options, server),
    `someone/plugins at "HEAD" has no folder "shoot": did you mean "shout"?`,
  );
  assert.equal(
    await why("stoq:something-else", options, server),
    `someone/plugins at "HEAD" has no folder "something-else": it has "docs", "shout", "shouter", "whisper"`,
  );
  assert.equal(
    await why("someone/plugins@v9", options, server),
    `"${server.base}/someone/plugins/tar.gz/v9" answers with status 404: check the name`,
  );
  assert.match(
    await why("someone/plugins/docs", options, server),
    /^"stoq-plugins-1234567\/docs\/latest" in it is a symbolic link/,
  );
});

Deno.test("a repository that is one plugin needs no folder; one with several says so", async () => {
  await using server = serve({
    "/me/one/HEAD": tgzOf(PLUGIN, "one-abc/"),
    "/me/two/HEAD": tgzOf({ "a/a.stoq": "x", "b/b.stoq": "x" }, "two-abc/"),
    "/me/tops/HEAD": tgz([{ name: "a/shout.stoq" }, { name: "b/x" }]),
    "/me/tar/HEAD": gzip(tar([{ name: "one-abc/x" }])),
    "/me/python/HEAD": tgzOf({
      "yara/yara/yara.stoq": "[Core]\nName = yara\nModule = yara\n",
      "yara/yara/yara.py": "x",
    }, "p-1/"),
  });
  const options = { github: true, githubArchive: `${server.base}/{owner}/{repo}/{ref}` };
  assert.deepEqual(texts((await fetchSource("me/one", options, server)).files), PLUGIN);
  assert.equal((await fetchSource("me/one", options, server)).origin, "github:me/one@HEAD");
  assert.equal(
    await why("me/two", options, server),
    `it has 2 manifests ("a/a.stoq", "b/b.stoq"): name the folder of one, me/two/FOLDER`,
  );
  assert.match(await why("me/tops", options, server), /^the archive is not one of a repository on GitHub/);
  assert.match(await why("me/tar", options, server), /^it has no manifest/);
  assert.equal(
    await why("me/python/yara", options, server),
    `it is a plugin for stoQ in Python, which cannot run here: "yara" is built in, there is nothing to install`,
  );
});

Deno.test("what is no name on GitHub is refused before anything is asked", async () => {
  const options = { github: true, githubArchive: "https://localhost:1/{owner}/{repo}/{ref}" };
  const form = "write stoq:NAME or owner/repo[/folder][@ref]";
  for (const name of ["yara", "a/", "/b", "a b/c", "../x", "a/..", "a_b/c", "-a/b"]) {
    assert.match(await why(name, options), /is not a name on GitHub: write stoq:NAME or owner/, name);
  }
  assert.equal(await why("stoq:", options), `no plugin is named: ${form}`);
  assert.equal(await why("https://github.com/a/b", options), `it is a URL, not a name on GitHub: ${form}`);
  for (const ref of ["", "..", "a..b", "a b", "-x", "a//b", "x^", "a:b", "/a", "a/", ".a", "a/.b", "a@{1}"]) {
    assert.equal(await why(`a/b@${ref}`, options), `"${ref}" is not a branch, tag or commit: ${form}`);
  }
  assert.match(await why("stoq:../x", options), /leads out of the plugin's folder/);
  assert.match(await why("a/b/c/../d", options), /leads out of the plugin's folder/);
  assert.match(await why("a/b/", options), /^"" is not a folder's path/);
  assert.match(await why("a/b", { ...options, githubArchive: "nowhere" }), /^"nowhere" is not a URL/);
  assert.match(
    await why("a/b", { ...options, githubArchive: "http://localhost/{ref}" }),
    /is http, which anyone on the way can change/,
  );
});
