/**
 * Names of plugins on GitHub.
 *
 * @module
 */
import { checkPath, quote, type Refuse } from "./files.ts";

/** What the names of sources on GitHub begin with in a lock file. */
export const GITHUB = "github:";
/** What a name in the repository of stoQ's public plugins begins with. */
const PUBLIC = "stoq:";
/** The branch that a repository shows. */
const DEFAULT_REF = "HEAD";

/** A folder of a repository at a branch, tag or commit. */
export interface GithubName {
  readonly owner: string;
  readonly repo: string;
  /** Path in the repository; "" for its top. */
  readonly folder: string;
  readonly ref: string;
}

/** Owners (letters, digits and hyphens) and repositories. */
const OWNER = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/;
const REPOSITORY = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
/** What git-check-ref-format forbids, as far as it could change a URL or hide something. */
const BAD_REF = /[\p{Cc}\p{Cf}\p{Cs}\s~^:?*[\]\\]|\.\.|\/\/|@\{|^[/.-]|[/.]$|\/\./u;

/** Whether a text is a name on GitHub without being told so. */
export function isGithubName(text: string): boolean {
  return text.startsWith(GITHUB);
}

/** Whether a text looks like a name on GitHub, for a hint. */
export function looksLikeGithub(text: string): boolean {
  return text.startsWith(PUBLIC) || /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+(\/[^\\]*)?$/.test(text);
}

/**
 * Parses `stoq:NAME[@ref]`, `owner/repo[/folder][@ref]`, or the latter with `github:` in front.
 *
 * @param plugins Repository that `stoq:` means, "owner/repo".
 */
export function parseGithubName(text: string, plugins: string, refuse: Refuse): GithubName {
  const form = "write stoq:NAME or owner/repo[/folder][@ref]";
  if (/^https?:/i.test(text)) refuse(`it is a URL, not a name on GitHub: ${form}`);
  const bare = text.startsWith(GITHUB) ? text.slice(GITHUB.length) : text;
  const at = bare.indexOf("@");
  const ref = at < 0 ? DEFAULT_REF : bare.slice(at + 1);
  const place = at < 0 ? bare : bare.slice(0, at);
  if (ref === "" || ref.length > 255 || BAD_REF.test(ref)) {
    refuse(`${quote(ref)} is not a branch, tag or commit: ${form}`);
  }
  const path = place.startsWith(PUBLIC)
    ? `${plugins}/${place.slice(PUBLIC.length) || refuse(`no plugin is named: ${form}`)}`
    : place;
  const [owner = "", repo = "", ...folders] = path.split("/");
  if (!OWNER.test(owner) || !REPOSITORY.test(repo)) refuse(`${quote(path)} is not a name on GitHub: ${form}`);
  const folder = folders.join("/");
  if (folders.length > 0 && (folder === "" || checkPath(folder, refuse) !== folder)) {
    refuse(`${quote(folder)} is not a folder's path: ${form}`);
  }
  return { owner, repo, folder, ref };
}

/** How a lock file names it. */
export function githubOrigin({ owner, repo, folder, ref }: GithubName): string {
  return `${GITHUB}${owner}/${repo}${folder === "" ? "" : `/${folder}`}@${ref}`;
}

/** Where its archive is. */
export function githubUrl(template: string, { owner, repo, ref }: GithubName): string {
  const values: Record<string, string> = { owner, repo, ref: ref.split("/").map(encodeURIComponent).join("/") };
  return template.replace(/\{(owner|repo|ref)\}/g, (_, name: string) => values[name]!);
}

/**
 * Chooses the entries of an archive that belong to a folder of the repository. Everything in such an archive is in one folder, whose name
 * tells the commit.
 */
export class GithubFolder {
  readonly #folder: string;
  readonly #tops = new Set<string>();
  readonly #folders = new Set<string>();

  /** @param folder Path in the repository; "" for its top. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether an entry belongs to the folder. */
  readonly wanted = (name: string): boolean => {
    const [top = "", ...rest] = name.split("/");
    this.#tops.add(top);
    if (rest.length > 1) this.#folders.add(rest[0]!);
    return this.#folder === "" || rest.join("/").startsWith(`${this.#folder}/`);
  };

  /** The files of the folder, by path relative to it. */
  files(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, refuse: Refuse): Map<string, Uint8Array<ArrayBuffer>> {
    if (this.#tops.size !== 1) {
      refuse("the archive is not one of a repository on GitHub: it has not one folder at its top");
    }
    const [top] = this.#tops;
    const prefix = `${top}/${this.#folder === "" ? "" : `${this.#folder}/`}`;
    return new Map(
      [...files].flatMap(([path, content]) => path.startsWith(prefix) ? [[path.slice(prefix.length), content]] : []),
    );
  }

  /** Names of the folders at the repository's top, once the archive was read. */
  get folders(): string[] {
    return [...this.#folders].sort();
  }
}
