/**
 * Sources of third-party plugins: a folder, an archive, a URL, a name on GitHub. What they have is read into memory and checked there;
 * nothing of it is run, and nothing is written.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { didYouMean } from "../core/config.ts";
import { StoqInstallError } from "../core/errors.ts";
import { moduleFiles } from "../core/manifest.ts";
import { isArchive, readArchive } from "./archive.ts";
import { checkUrl, download, downloadIfThere, type DownloadPowers, showUrl } from "./download.ts";
import { codeOf } from "./entry.ts";
import {
  checkPath,
  type Fetched,
  FileSet,
  MAX_ARCHIVE,
  MAX_UNPACKED,
  quote,
  quoteSome,
  type Refuse,
  refuser,
} from "./files.ts";
import { readBounded, readFolder } from "./folder.ts";
import { GithubFolder, githubOrigin, githubUrl, isGithubName, looksLikeGithub, parseGithubName } from "./github.ts";
import {
  MANIFEST_EXTENSION,
  pluginFolder,
  pythonFiles,
  readManifest,
  refuseNoModule,
  refusePython,
} from "./plugin_folder.ts";

/** Where archives of GitHub repositories are. */
export const GITHUB_ARCHIVE = "https://codeload.github.com/{owner}/{repo}/tar.gz/{ref}";
/** Repository that "stoq:NAME" means. */
export const GITHUB_PLUGINS = "PUNCH-Cyber/stoq-plugins-public";

/** Files that a manifest URL may bring one by one; for more there are archives. */
const MAX_ASSETS = 100;
/** Begins like a page, which is what a wrong URL gives. */
const HTML = /^\s*<(!doctype|html|head|body|\?xml)/i;
const ONE_FOLDER = "give the folder or an archive of one";

/** How a source is fetched. */
export interface SourceOptions {
  /** Expected hex SHA-256 of the archive, or of the manifest of a manifest URL. */
  readonly sha256?: string;
  /** Whether the text is a GitHub name. */
  readonly github?: boolean;
  /** Where archives of GitHub repositories are; default {@linkcode GITHUB_ARCHIVE}. */
  readonly githubArchive?: string;
  /** Repository that "stoq:NAME" means; default {@linkcode GITHUB_PLUGINS}. */
  readonly githubPlugins?: string;
  readonly signal?: AbortSignal;
}

/**
 * Reads a plugin from where it is.
 *
 * - A folder, or an archive (.tar.gz, .tgz, .tar, .zip), by path.
 * - An https URL of an archive, or of a manifest: then its module and the files that its `[assets]` list come from beside it. What the module
 *   imports does not: such a plugin needs an archive.
 * - With `github`, `stoq:NAME` or `owner/repo[/folder][@ref]`; and `github:owner/repo[/folder]@ref`, as {@linkcode Fetched.origin} has it.
 *
 * @param text What the user wrote.
 * @param powers How it downloads; for tests.
 * @throws {StoqInstallError} In one line: the source, what is wrong with it, and the remedy.
 */
export async function fetchSource(
  text: string,
  options: SourceOptions = {},
  powers: DownloadPowers = {},
): Promise<Fetched> {
  const isUrl = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text);
  const url = isUrl ? URL.parse(text) : null;
  const name = url === null ? text : showUrl(url);
  const refuse = refuser(name);
  if (text.trim() === "") refuse("no source is named: give a folder, an archive or an https URL");
  const expected = options.sha256?.toLowerCase();
  if (expected !== undefined && !/^[0-9a-f]{64}$/.test(expected)) {
    refuse(`${quote(expected)} is not a SHA-256: give 64 hexadecimal digits`);
  }
  const source: Source = { name, refuse, expected, options, powers };
  if (options.github || isGithubName(text)) return await fetchGithub(text, source);
  if (url !== null) return await fetchUrl(url, source);
  if (isUrl) refuse("it is not a URL: write https://HOST/PATH");
  return await fetchPath(text, source);
}

/** A source that is being fetched. */
interface Source {
  /** What messages call it. */
  readonly name: string;
  readonly refuse: Refuse;
  readonly expected: string | undefined;
  readonly options: SourceOptions;
  readonly powers: DownloadPowers;
}

async function fetchPath(text: string, source: Source): Promise<Fetched> {
  const { refuse, expected, options } = source;
  const origin = resolve(text);
  let path;
  let info;
  try {
    // The user may name a link; inside a folder there may be none.
    path = await realpath(origin);
    info = await stat(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") {
      refuse(`it cannot be read (${(error as Error).message}): check its path and permissions`, error);
    }
    const hint = looksLikeGithub(text) ? "check the path, or add --github for a name on GitHub" : "check the path";
    return refuse(`there is no such file or folder: ${hint}`, error);
  }
  if (info.isDirectory()) {
    if (expected !== undefined) refuse("a folder has no SHA-256: give an archive, or leave the SHA-256 out");
    const files = await readFolder(path, refuse, options.signal);
    return { ...await pluginFolder(files, source.name, refuse, ONE_FOLDER), origin, sha256: null };
  }
  if (!info.isFile()) refuse("it is neither a file nor a folder: give the folder or an archive of a plugin");
  if (path.endsWith(MANIFEST_EXTENSION)) refuse("it is a manifest: give the folder that it is in");
  const bytes = await readFile(path, refuse);
  const sha256 = checkSum(bytes, source);
  const files = readArchive(bytes, source.name);
  return { ...await pluginFolder(files, source.name, refuse, ONE_FOLDER), origin, sha256 };
}

async function readFile(path: string, refuse: Refuse): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readBounded(path, MAX_ARCHIVE, (why) => refuse(`it ${why}`));
  } catch (error) {
    if (error instanceof StoqInstallError) throw error;
    return refuse(`it cannot be read (${(error as Error).message}): check its path and permissions`, error);
  }
}

async function fetchUrl(url: URL, source: Source): Promise<Fetched> {
  const { name, refuse, options, powers } = source;
  url.hash = "";
  checkUrl(url, refuse);
  const got = await download(url, refuse, { ...powers, signal: options.signal });
  const sha256 = checkSum(got.bytes, source);
  const fetched = isArchive(got.bytes)
    ? await pluginFolder(readArchive(got.bytes, name), name, refuse, ONE_FOLDER)
    : await fetchBeside(got.bytes, url, got.url, source);
  return { ...fetched, origin: url.href, sha256 };
}

/** What a manifest names, from beside where it was found. */
async function fetchBeside(
  manifestBytes: Uint8Array<ArrayBuffer>,
  asked: URL,
  found: URL,
  source: Source,
): Promise<Pick<Fetched, "files" | "manifest">> {
  const { name, refuse, options, powers } = source;
  const last = lastName(asked, refuse);
  const named = last.endsWith(MANIFEST_EXTENSION);
  const head = new TextDecoder().decode(manifestBytes.subarray(0, 512));
  const neither = () => {
    const page = asked.hostname === "github.com" ? ": for a repository use --github owner/repo[/folder][@ref]" : "";
    refuse(
      `there is neither an archive (.tar.gz, .tgz, .zip) nor a manifest (NAME${MANIFEST_EXTENSION})${
        page || ": check the URL"
      }`,
    );
  };
  if (HTML.test(head) || head.includes("\0")) neither();
  const manifest = await readManifest(manifestBytes, showUrl(asked), refuse, () => named || neither());
  const set = new FileSet(refuse);
  let room = MAX_UNPACKED;
  const limits = () => ({
    ...powers,
    maxBytes: Math.min(room, powers.maxBytes ?? MAX_ARCHIVE),
    signal: options.signal,
  });
  const beside = (path: string) => new URL(path.split("/").map(encodeURIComponent).join("/"), found);
  const add = (path: string, bytes: Uint8Array<ArrayBuffer>) => {
    room -= bytes.length;
    set.addFile(path, bytes);
  };
  const manifestName = checkPath(named ? last : manifest.name + MANIFEST_EXTENSION, refuse);
  add(manifestName, manifestBytes);
  const firstOf = async (files: readonly string[]) => {
    let status = 404;
    for (const file of files) {
      const path = checkPath(file, refuse);
      const got = await downloadIfThere(beside(path), refuse, limits());
      if (typeof got !== "number") return { path, bytes: got.bytes };
      status = got;
    }
    return status;
  };
  const module = await firstOf(moduleFiles(manifest.module));
  if (typeof module === "number") {
    if (typeof await firstOf(pythonFiles(manifest.module)) !== "number") refusePython(manifest.name, refuse);
    return refuseNoModule(manifest, name, refuse, module);
  }
  add(module.path, module.bytes);
  const assets = new Set(Object.values(manifest.assets).filter((asset) => !asset.startsWith("npm:")));
  if (assets.size > MAX_ASSETS) {
    refuse(`its manifest lists ${assets.size} assets: at most ${MAX_ASSETS} come one by one, pack an archive`);
  }
  for (const asset of assets) {
    const path = checkPath(asset, refuse);
    if (set.files.has(path)) continue;
    add(path, (await download(beside(path), refuse, limits())).bytes);
  }
  return { files: set.files, manifest: manifestName };
}

function lastName(url: URL, refuse: Refuse): string {
  const last = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last);
  } catch (error) {
    return refuse(`${quote(last)} in its URL is not UTF-8: rename the file`, error);
  }
}

async function fetchGithub(text: string, source: Source): Promise<Fetched> {
  const { name, refuse, options, powers } = source;
  const github = parseGithubName(text, options.githubPlugins ?? GITHUB_PLUGINS, refuse);
  const address = githubUrl(options.githubArchive ?? GITHUB_ARCHIVE, github);
  const url = URL.parse(address) ?? refuse(`${quote(address)} is not a URL: correct where archives of GitHub are`);
  const { bytes } = await download(url, refuse, { ...powers, signal: options.signal });
  const sha256 = checkSum(bytes, source);
  const chosen = new GithubFolder(github.folder);
  const files = chosen.files(readArchive(bytes, name, chosen), refuse);
  const repository = `${github.owner}/${github.repo}`;
  if (files.size === 0 && github.folder !== "") {
    const near = didYouMean(github.folder, chosen.folders);
    const there = near || `: it has ${quoteSome(chosen.folders) || "no folder at all"}`;
    refuse(`${repository} at ${quote(github.ref)} has no folder ${quote(github.folder)}${there}`);
  }
  const several = `name the folder of one, ${repository}/FOLDER`;
  return { ...await pluginFolder(files, name, refuse, several), origin: githubOrigin(github), sha256 };
}

/** @returns Hex SHA-256, after it was compared with the expected one. */
function checkSum(bytes: Uint8Array, { expected, refuse }: Source): string {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (expected !== undefined && expected !== sha256) {
    refuse(`its SHA-256 is ${sha256}, not the expected ${expected}: it was changed, or is another version`);
  }
  return sha256;
}
