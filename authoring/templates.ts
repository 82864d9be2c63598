/**
 * The plugins that `stoq new` writes, one for each class: small, but each does what its class is for, and its test shows how.
 *
 * @module
 */
import type { PluginClass } from "../core/manifest.ts";

/** What differs between the plugins of two classes. */
export interface Template {
  /** One line, for the manifest and the README. */
  readonly description: string;
  /** Lines of `[options]`. */
  readonly options: string;
  /** Lines of `[permissions]`. */
  readonly permissions: string;
  /** The module. @param name Name of the class. */
  readonly module: (name: string) => string;
  /** The tests, after the imports. */
  readonly test: string;
  /** Arguments of `stoq scan` or `stoq run` that use it. @param name Name of the plugin. */
  readonly use: (name: string) => string;
}

/** For those that need none. */
const NO_PERMISSIONS = "; nothing: this plugin can only compute. What it needs is listed here: net, read, write, env …";

const worker: Template = {
  description: "Counts the words of a text, and takes out the longest",
  options: "# Shortest word that counts, in characters.\nmin_length = 3",
  permissions: NO_PERMISSIONS,
  use: (name) => `scan FILE -s ${name}`,
  module: (name) =>
    `import type { Payload, PluginContext, WorkerPlugin, WorkerResponse } from "@stoq/cli/plugin";

/** Counts words; the longest becomes a payload of its own. */
export default class ${name} implements WorkerPlugin {
  readonly #minLength: number;

  constructor({ options }: PluginContext) {
    this.#minLength = options.getNumber("min_length", 3);
  }

  scan(payload: Payload): WorkerResponse | null {
    const text = new TextDecoder().decode(payload.content);
    const words = text.split(/[^\\p{L}\\p{N}]+/u).filter((word) => word !== "" && word.length >= this.#minLength);
    const longest = words.toSorted((a, b) => b.length - a.length)[0];
    // Nothing to say about this payload: that is no error.
    if (longest === undefined) return null;
    return {
      results: { words: words.length, longest },
      extracted: [{ content: new TextEncoder().encode(longest), payloadMeta: { extraData: { word: longest } } }],
    };
  }
}
`,
  test: `Deno.test("words are counted, and the longest comes out as a payload", async () => {
  await using plugin = await openPlugin(FOLDER);
  const { results, extracted, errors } = await plugin.scan("a dog, an elephant");
  assert.deepEqual(results, { words: 2, longest: "elephant" });
  assert.deepEqual(extracted.map(({ content }) => new TextDecoder().decode(content)), ["elephant"]);
  assert.deepEqual(errors, []);
});

Deno.test("min_length decides what counts", async () => {
  await using plugin = await openPlugin(FOLDER, { options: { min_length: 1 } });
  const { results } = await plugin.scan("a dog, an elephant");
  assert.deepEqual(results, { words: 4, longest: "elephant" });
});

Deno.test("there is nothing to say about bytes without words", async () => {
  await using plugin = await openPlugin(FOLDER);
  const { results, extracted } = await plugin.scan(new Uint8Array(100));
  assert.equal(results, undefined);
  assert.deepEqual(extracted, []);
});
`,
};

const dispatcher: Template = {
  description: "Chooses workers by how a payload begins",
  options: "# How a payload begins that is meant.\nbegins_with = MZ\n# The workers that it is sent to.\nworkers = hash",
  permissions: NO_PERMISSIONS,
  use: (name) => `scan FILE -R ${name}`,
  module: (name) =>
    `import type { DispatcherPlugin, DispatcherResponse, Payload, PluginContext } from "@stoq/cli/plugin";

/** Sends payloads that begin with certain bytes to certain workers. */
export default class ${name} implements DispatcherPlugin {
  readonly #beginning: Uint8Array;
  readonly #workers: string[];

  constructor({ options }: PluginContext) {
    this.#beginning = new TextEncoder().encode(options.getString("begins_with", "MZ"));
    this.#workers = options.getList("workers", ["hash"]);
  }

  getDispatches(payload: Payload): DispatcherResponse | null {
    if (!this.#beginning.every((byte, i) => payload.content[i] === byte)) return null;
    // The workers see \`meta\` as payload.dispatchMeta, under the name of this plugin.
    return { pluginNames: this.#workers, meta: { matched: this.#beginning.length } };
  }
}
`,
  test: `Deno.test("a payload that begins as it should is sent to the workers", async () => {
  await using plugin = await openPlugin(FOLDER, { options: { begins_with: "%PDF", workers: "pdf, hash" } });
  const { pluginNames, meta, errors } = await plugin.getDispatches("%PDF-1.7");
  assert.deepEqual(pluginNames, ["pdf", "hash"]);
  assert.deepEqual(meta, { matched: 4 });
  assert.deepEqual(errors, []);
});

Deno.test("another payload, and an empty one, go nowhere", async () => {
  await using plugin = await openPlugin(FOLDER);
  assert.deepEqual((await plugin.getDispatches("text")).pluginNames, []);
  assert.deepEqual((await plugin.getDispatches("")).pluginNames, []);
});
`,
};

const deepDispatcher: Template = {
  description: "Chooses more workers by what an earlier one found",
  options:
    "# The worker whose results are looked at, and the key in them.\nafter = entropy\nkey = entropy\n# The least value at which a payload is looked at more closely.\nat_least = 7\n# The workers that it is sent to then.\nworkers = hash",
  permissions: NO_PERMISSIONS,
  use: (name) => `scan FILE -s entropy -E ${name}`,
  module: (name) =>
    `import type { DeepDispatcherPlugin, DispatcherResponse, Payload, PluginContext } from "@stoq/cli/plugin";

/** Sends payloads to more workers, if a number that an earlier worker found is large enough. */
export default class ${name} implements DeepDispatcherPlugin {
  readonly #after: string;
  readonly #key: string;
  readonly #atLeast: number;
  readonly #workers: string[];

  constructor({ options }: PluginContext) {
    this.#after = options.getString("after", "entropy");
    this.#key = options.getString("key", "entropy");
    this.#atLeast = options.getNumber("at_least", 7);
    this.#workers = options.getList("workers", ["hash"]);
  }

  getDeepDispatches(payload: Payload): DispatcherResponse | null {
    // One entry for each pass of workers, with results by worker name: whatever a worker returned, so look before you use it.
    for (const pass of payload.workers) {
      const results = pass[this.#after];
      if (typeof results !== "object" || results === null) continue;
      const value = (results as Record<string, unknown>)[this.#key];
      if (typeof value === "number" && value >= this.#atLeast) {
        return { pluginNames: this.#workers, meta: { [this.#key]: value } };
      }
    }
    return null;
  }
}
`,
  test: `Deno.test("a payload with a large value is sent to more workers", async () => {
  await using plugin = await openPlugin(FOLDER);
  const { pluginNames, meta } = await plugin.getDeepDispatches("data", { workers: [{ entropy: { entropy: 7.5 } }] });
  assert.deepEqual(pluginNames, ["hash"]);
  assert.deepEqual(meta, { entropy: 7.5 });
});

Deno.test("a small value, another worker's results and none at all choose nothing", async () => {
  await using plugin = await openPlugin(FOLDER);
  for (const workers of [[{ entropy: { entropy: 1 } }], [{ hash: { sha1: "…" } }], [{ entropy: null }], []]) {
    const { pluginNames } = await plugin.getDeepDispatches("data", { workers });
    assert.deepEqual(pluginNames, []);
  }
});
`,
};

const archiver: Template = {
  description: "Saves payloads in a folder, and loads them from it",
  options: "# The folder.\narchive_dir =",
  permissions: "read = {archive_dir}     ; the value of the option: nothing else can be read\nwrite = {archive_dir}",
  use: (name) => `scan FILE -s hash -A ${name} --plugin-opts ${name}:archive_dir=/path/of/a/folder`,
  module: (name) =>
    `import { createHash } from "node:crypto";
import type { ArchiverPlugin, ArchiverResponse, NewPayload, Payload, PluginContext } from "@stoq/cli/plugin";

/** Saves each payload under its SHA-256, and loads it again. */
export default class ${name} implements ArchiverPlugin {
  readonly #folder: string;

  constructor({ options }: PluginContext) {
    this.#folder = options.getString("archive_dir", "");
  }

  /** As a destination. What it returns as \`results\` is what \`get\` is given. */
  async archive(payload: Payload): Promise<ArchiverResponse> {
    const sha256 = createHash("sha256").update(payload.content).digest("hex");
    await Deno.writeFile(this.#path(sha256), payload.content);
    return { results: { sha256 } };
  }

  /** As a source. */
  async get({ results }: ArchiverResponse): Promise<NewPayload> {
    const sha256 = String(results?.["sha256"]);
    // What is asked for may come from anywhere: it must not lead to other files.
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error(\`Cannot load "\${sha256}": it is no SHA-256\`);
    return { content: await Deno.readFile(this.#path(sha256)), payloadMeta: { extraData: { sha256 } } };
  }

  #path(sha256: string): string {
    if (this.#folder === "") throw new Error("archive_dir is not set: name a folder");
    return \`\${this.#folder}/\${sha256}\`;
  }
}
`,
  test: `Deno.test("what is archived can be loaded again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using plugin = await openPlugin(FOLDER, { options: { archive_dir: folder } });
    const task = await plugin.archive("data");
    const payload = await plugin.get(task);
    assert.equal(new TextDecoder().decode(payload?.content), "data");
    assert.equal([...Deno.readDirSync(folder)].length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a task that leads out of the folder is refused", async () => {
  await using plugin = await openPlugin(FOLDER, { options: { archive_dir: "/nonexistent/archive" } });
  await assert.rejects(plugin.get({ results: { sha256: "../etc/passwd" } }), /it is no SHA-256/);
});

Deno.test("without a folder it says so", async () => {
  await using plugin = await openPlugin(FOLDER);
  await assert.rejects(plugin.archive("data"), /archive_dir is not set/);
});
`,
};

const decorator: Template = {
  description: "Sums up a response",
  options: "# Largest number of names that are listed.\nmost = 10",
  permissions: NO_PERMISSIONS,
  use: (name) => `scan FILE -s hash -D ${name}`,
  module: (name) =>
    `import type { DecoratorPlugin, DecoratorResponse, PluginContext, Response } from "@stoq/cli/plugin";

/** How much there was in a scan, and which workers said something. */
export default class ${name} implements DecoratorPlugin {
  readonly #most: number;

  constructor({ options }: PluginContext) {
    this.#most = options.getNumber("most", 10);
  }

  decorate(response: Response): DecoratorResponse {
    const workers = new Set(response.results.flatMap((result) => result.workers.flatMap(Object.keys)));
    return {
      results: {
        payloads: response.results.length,
        bytes: response.results.reduce((sum, { size }) => sum + size, 0),
        workers: [...workers].sort().slice(0, this.#most),
      },
    };
  }
}
`,
  test: `Deno.test("payloads, bytes and workers are summed up", async () => {
  await using plugin = await openPlugin(FOLDER);
  const { results, errors } = await plugin.decorate({
    results: [{ size: 4, workers: [{ hash: {} }] }, { size: 6, workers: [{ exif: {} }, { hash: {} }] }],
  });
  assert.deepEqual(results, { payloads: 2, bytes: 10, workers: ["exif", "hash"] });
  assert.deepEqual(errors, []);
});

Deno.test("no more workers are listed than it is told", async () => {
  await using plugin = await openPlugin(FOLDER, { options: { most: 1 } });
  const { results } = await plugin.decorate({ results: [{ workers: [{ a: 1, b: 2 }] }] });
  assert.deepEqual((results as { workers: string[] }).workers, ["a"]);
});
`,
};

const connector: Template = {
  description: "Writes one line about each scan to standard output",
  options: "# What is between the fields of a line.\nseparator = |",
  permissions: "stdout = yes    ; stoQ writes what the plugin returns",
  use: (name) => `scan FILE -s hash -C ${name}`,
  module: (name) =>
    `import type { ConnectorPlugin, PluginContext, Response } from "@stoq/cli/plugin";

/** Time, number of payloads and number of errors of a scan, in one line. */
export default class ${name} implements ConnectorPlugin {
  readonly #separator: string;

  constructor({ options }: PluginContext) {
    this.#separator = options.getString("separator", "|");
  }

  /** Text that is returned goes to standard output; one with \`net\` or \`write\` would send or save the response, and return nothing. */
  save(response: Response): string {
    const errors = Object.values(response.errors).flat().length;
    return [response.time, response.results.length, errors].join(this.#separator) + "\\n";
  }
}
`,
  test: `Deno.test("a scan becomes a line", async () => {
  await using plugin = await openPlugin(FOLDER);
  const line = await plugin.save({
    time: "2024-01-01T00:00:00.000Z",
    results: [{ size: 4 }, { size: 6 }],
    errors: { hash: ["went wrong"] },
  });
  assert.equal(line, "2024-01-01T00:00:00.000Z|2|1\\n");
});
`,
};

const provider: Template = {
  description: "Brings the files of a folder",
  options: "# The folder.\nsource_dir =\n# Bytes of the largest file that is brought.\nmax_size = 10000000",
  permissions: "read = {source_dir}     ; the value of the option: nothing else can be read",
  use: (name) => `run -P ${name} -a hash -C stdout --plugin-opts ${name}:source_dir=/path/of/a/folder`,
  module: (name) =>
    `import type { PluginContext, PluginLog, ProviderItem, ProviderPlugin } from "@stoq/cli/plugin";

/** Brings each file of a folder, then ends. */
export default class ${name} implements ProviderPlugin {
  readonly #folder: string;
  readonly #maxSize: number;
  readonly #log: PluginLog;

  constructor({ options, log }: PluginContext) {
    this.#folder = options.getString("source_dir", "");
    this.#maxSize = options.getNumber("max_size", 10_000_000);
    this.#log = log;
  }

  async *ingest(): AsyncGenerator<ProviderItem> {
    if (this.#folder === "") throw new Error("source_dir is not set: name a folder");
    const names = [...Deno.readDirSync(this.#folder)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
    for (const filename of names) {
      const path = \`\${this.#folder}/\${filename}\`;
      const { size } = await Deno.stat(path);
      if (size > this.#maxSize) {
        this.#log.warning(\`"\${path}" has \${size} bytes, more than max_size = \${this.#maxSize}: skipped\`);
        continue;
      }
      yield {
        payload: { content: await Deno.readFile(path), payloadMeta: { extraData: { filename } } },
        // Called when the results are saved: here a queue would take the message away.
        acknowledge: () => this.#log.debug(\`"\${path}" is done\`),
      };
    }
  }
}
`,
  test: `Deno.test("each file of the folder is brought; one that is too large is skipped, and logged", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(\`\${folder}/a\`, "first");
    await Deno.writeTextFile(\`\${folder}/b\`, "too large for it");
    await Deno.writeTextFile(\`\${folder}/c\`, "third");
    const logged: string[] = [];
    await using plugin = await openPlugin(FOLDER, {
      options: { source_dir: folder, max_size: 10 },
      log: (level, message) => logged.push(\`\${level}: \${message}\`),
    });
    const brought: string[] = [];
    for await (const { payload, acknowledge } of plugin.ingest()) {
      brought.push(new TextDecoder().decode(payload?.content));
      await acknowledge?.();
    }
    assert.deepEqual(brought, ["first", "third"]);
    assert.equal(logged.filter((line) => /^warning: .*max_size = 10: skipped/.test(line)).length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without a folder it says so", async () => {
  await using plugin = await openPlugin(FOLDER);
  await assert.rejects(plugin.ingest()[Symbol.asyncIterator]().next(), /source_dir is not set/);
});
`,
};

/** The plugin of each class. */
export const TEMPLATES: Readonly<Record<PluginClass, Template>> = {
  worker,
  dispatcher,
  deep_dispatcher: deepDispatcher,
  archiver,
  decorator,
  connector,
  provider,
};
