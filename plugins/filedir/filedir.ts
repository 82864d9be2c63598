import { createHash } from "node:crypto";
import type {
  ArchiverPlugin,
  ArchiverResponse,
  ConnectorPlugin,
  NewPayload,
  Payload,
  PluginContext,
  PluginLog,
  PluginOptions,
  ProviderItem,
  ProviderPlugin,
  Response,
} from "../../plugin.ts";
import { datePath } from "./date_path.ts";
import { failure } from "./failure.ts";
import { fileName } from "./file_name.ts";
import { readInside } from "./read.ts";
import { sourceFiles, withoutEnd } from "./source.ts";
import { compare, makeFolder, write, writeNew } from "./store.ts";

/** Directories above an archived payload: one for each of the first characters of its SHA-256. */
const SHA_LEVELS = 5;

/** Files and directories in, results and payloads out. */
export default class FileDir implements ProviderPlugin, ConnectorPlugin, ArchiverPlugin {
  readonly #log: PluginLog;
  readonly #sourceDir: string | undefined;
  readonly #recursive: boolean;
  readonly #resultsDir: string | undefined;
  readonly #archiveDir: string | undefined;
  /** The dated part of a path; empty without date_mode. */
  readonly #datePath: (date: Date) => string;
  readonly #indent: number | undefined;
  readonly #useSha: boolean;

  constructor({ options, log }: PluginContext) {
    this.#log = log;
    this.#sourceDir = pathOption(options, "source_dir");
    this.#recursive = options.getBoolean("recursive", false);
    this.#resultsDir = pathOption(options, "results_dir");
    this.#archiveDir = pathOption(options, "archive_dir");
    this.#datePath = options.getBoolean("date_mode", false)
      ? datePath(options.getString("date_format", "%Y/%m/%d"))
      : () => "";
    this.#indent = options.getBoolean("compactly", true) ? 0 : undefined;
    this.#useSha = options.getBoolean("use_sha", true);
  }

  async *ingest(): AsyncGenerator<ProviderItem> {
    const files = sourceFiles(needed(this.#sourceDir, "source_dir"), { recursive: this.#recursive, log: this.#log });
    for await (const { name, folder, content } of files) {
      yield { payload: { content, payloadMeta: { extraData: { filename: name, source_dir: folder } } } };
    }
  }

  async save(response: Response): Promise<void> {
    const root = needed(this.#resultsDir, "results_dir");
    const name = fileName(response.scanId);
    if (name === undefined) throw new Error(`Cannot save a result: its scan_id "${response.scanId}" is no file name`);
    const content = new TextEncoder().encode(response.toString(this.#indent) + "\n");
    // The date that the result itself has, so that it can be found by it.
    const below = this.#datePath(validOrNow(new Date(response.time)));
    try {
      const folder = await makeFolder(root, below);
      const found = await compare(`${folder}/${name}`, content);
      if (found === "different") throw new Error("there is another of that name: move it away");
      if (found === "missing") await write(folder, name, content);
    } catch (error) {
      throw failure(`Cannot save result "${[root, below, name].filter((part) => part !== "").join("/")}"`, error);
    }
  }

  async archive(payload: Payload): Promise<ArchiverResponse> {
    const root = needed(this.#archiveDir, "archive_dir");
    const sha256 = createHash("sha256").update(payload.content).digest("hex");
    try {
      return {
        results: {
          path: await (this.#useSha ? this.#bySha(root, sha256, payload) : this.#byName(root, sha256, payload)),
        },
      };
    } catch (error) {
      throw failure(`Cannot archive payload ${payload.payloadId} in "${root}"`, error);
    }
  }

  async get(task: ArchiverResponse): Promise<NewPayload> {
    const path = task.results?.["path"];
    if (typeof path !== "string" || path === "") {
      throw new TypeError(
        `Cannot load a payload: results.path of the task is ${path === "" ? "empty" : typeof path}, not a path`,
      );
    }
    try {
      return { content: await readInside(path, this.#roots()), payloadMeta: { extraData: { ...task.results } } };
    } catch (error) {
      throw failure(`Cannot load "${path}"`, error);
    }
  }

  /** `a/b/c/d/e/abcde…`. The name says what must be in the file: one that holds anything else is replaced. */
  async #bySha(root: string, sha256: string, { content }: Payload): Promise<string> {
    const folder = await makeFolder(root, [...sha256.slice(0, SHA_LEVELS)].join("/"));
    const path = `${folder}/${sha256}`;
    const found = await compare(path, content);
    if (found !== "same") await write(folder, sha256, content);
    if (found === "different") this.#log.warning(`replaced "${path}": it was not what its name says`);
    return path;
  }

  /** Under the payload's own name; where another payload has that, with the SHA-256 after it. Nothing is overwritten. */
  async #byName(root: string, sha256: string, { content, payloadId, payloadMeta }: Payload): Promise<string> {
    const folder = await makeFolder(root, this.#datePath(new Date()));
    const name = fileName(payloadMeta.extraData["filename"]) ?? fileName(payloadId) ?? sha256;
    // Who made the payload may have known the second name too, and taken it; nobody knows the third.
    for (const candidate of [name, `${name}.${sha256}`, `${name}.${crypto.randomUUID()}`]) {
      const path = `${folder}/${candidate}`;
      const found = await compare(path, content);
      if (found === "same" || found === "missing" && await writeNew(folder, candidate, content)) return path;
    }
    throw new Error(`"${name}" and the names made of it are taken`);
  }

  /** Real paths of the directories that payloads are loaded from, of those that are there. */
  #roots(): string[] {
    const roots: string[] = [];
    for (const root of [this.#archiveDir, this.#sourceDir]) {
      if (root === undefined) continue;
      try {
        roots.push(Deno.realPathSync(root));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return roots;
  }
}

/** A path. Read as a list, as the permission made of it is: a path with a comma cannot be granted. */
function pathOption(options: PluginOptions, name: string): string | undefined {
  const paths = options.getList(name, []);
  if (paths.length > 1) {
    throw new TypeError(
      `Option "${name}" of plugin "filedir" is ${paths.length} paths: it must be one, without a comma`,
    );
  }
  return paths[0] === undefined ? undefined : withoutEnd(paths[0]);
}

function validOrNow(date: Date): Date {
  return Number.isNaN(date.getTime()) ? new Date() : date;
}

function needed(path: string | undefined, option: string): string {
  if (path !== undefined) return path;
  throw new TypeError(`Option "${option}" of plugin "filedir" is not set: it must be a path`);
}
