/**
 * Files of a third-party plugin in memory, and what their names may be. Nothing is written anywhere before all of it has been checked.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { StoqInstallError } from "../core/errors.ts";

/** Files of one plugin, by path relative to its folder, "/" between; and where they came from. */
export interface Fetched {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Path in `files` of the one manifest, always at the top: "NAME.stoq". */
  readonly manifest: string;
  /** What `stoq update` can fetch again: absolute path, https URL, or "github:owner/repo/folder@ref". */
  readonly origin: string;
  /** Hex SHA-256 of the archive (or of the manifest file for a manifest URL); null for a folder. */
  readonly sha256: string | null;
}

/** Bytes that an archive, or one file of a manifest URL, may have: a plugin is code with a few assets; a model or a rule set fits. */
export const MAX_ARCHIVE = 64 * 1024 * 1024;
/** Bytes that all files of a source may have together: they are held in memory. */
export const MAX_UNPACKED = 256 * 1024 * 1024;
/** Files and folders that a source may have. */
export const MAX_FILES = 10_000;
/** Bytes of a name between two "/", which file systems allow. */
const MAX_NAME = 255;
/** Bytes of a path: with the plugin directory in front it must stay below the 1,024 that macOS allows. */
const MAX_PATH = 512;
/** Folders within one another: stoQ looks for plugins eight deep, and each costs memory. */
const MAX_DEPTH = 32;
/** Characters of a hostile name that a message shows. */
const MAX_SHOWN = 160;

/** Names that Windows keeps for devices, with any extension (Naming Files, Paths, and Namespaces). */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)/i;
/** Control characters, and those that a reader does not see or that turn the text around; halves of characters; what could not be decoded. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd]/u;
/** Characters that Windows does not allow in names. */
const NOT_ON_WINDOWS = /[<>:"|?*]/;

/**
 * What is left out of a folder and of an archive of one, whatever it is: `node_modules`, what version control keeps (`.git`, `.hg`, `.svn`),
 * what file managers leave (`.DS_Store`, `Thumbs.db`, `desktop.ini`, `__MACOSX`, `._NAME`), and what editors leave (`.idea`, `.vscode`,
 * `NAME~`, `.NAME.swp`, `.NAME.swo`, `#NAME#`, `.#NAME`).
 */
const LEFT_OVER =
  /^(node_modules|\.git|\.hg|\.svn|\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX|\._.*|\.idea|\.vscode|.*~|\..*\.sw[op]|#.*#|\.#.*)$/;

/** What is said of more than {@linkcode MAX_FILES}. */
export const TOO_MANY = `it has more than ${MAX_FILES} files and folders: give the plugin only`;

/** Throws what is wrong with a source. */
export type Refuse = (why: string, cause?: unknown) => never;

/** A {@linkcode Refuse} for a source that `name` names. */
export function refuser(name: string): Refuse {
  return (why, cause) => {
    throw new StoqInstallError(`Cannot install ${quote(name)}: ${why}`, cause === undefined ? undefined : { cause });
  };
}

/** A name out of a source, for a message: in quotes, one line, with nothing in it that a terminal would act on. */
export function quote(name: string): string {
  const shown = name.length > MAX_SHOWN ? name.slice(0, MAX_SHOWN) + `… (${name.length} characters)` : name;
  return `"${shown.replace(new RegExp(UNSEEN, "gu"), (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)}"`;
}

/** The first few names of a list, for a message. */
export function quoteSome(names: readonly string[], most = 8): string {
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return names.slice(0, most).map(quote).join(", ") + more;
}

/** Whether a path, or a folder that it is in, is {@link LEFT_OVER not part of a plugin}. */
export function isLeftOver(path: string): boolean {
  return path.split("/").some((name) => LEFT_OVER.test(name));
}

/**
 * Checks the name of a file or folder, as it stands in an archive or a manifest.
 *
 * @returns The path without "./" in front and "/" behind; "" for the top itself.
 */
export function checkPath(name: string, refuse: Refuse): string {
  const fail = (why: string) => refuse(`${quote(name)} in it ${why}`);
  if (/^([/\\]|[A-Za-z]:)/.test(name)) fail("is an absolute path: only paths inside the plugin's folder are allowed");
  if (name.split(/[/\\]/).includes("..")) fail(`leads out of the plugin's folder: a path must not have ".."`);
  if (name.includes("\\")) fail(`has a backslash: pack it again with "/" between folders`);
  if (UNSEEN.test(name)) fail("has control or invisible characters, or is not UTF-8: rename it");
  const path = name.replace(/^(\.\/+)+/, "").replace(/\/$/, "");
  if (path === "" || path === ".") return "";
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH) fail(`is ${bytes} bytes long: ${MAX_PATH} are allowed`);
  const parts = path.split("/");
  if (parts.length > MAX_DEPTH) fail(`is ${parts.length} folders deep: ${MAX_DEPTH} are allowed`);
  for (const part of parts) {
    if (part === "" || part === ".") fail(`has an empty name between two "/": pack it again`);
    if (Buffer.byteLength(part) > MAX_NAME) fail(`has a name of more than ${MAX_NAME} bytes: rename it`);
    if (NOT_ON_WINDOWS.test(part)) fail(`has one of < > : " | ? *, which Windows does not allow in names: rename it`);
    if (/[. ]$/.test(part)) fail("has a name that ends in a dot or a space, which Windows does not keep: rename it");
    if (DEVICE.test(part)) fail(`has the name of a Windows device, ${quote(part)}: rename it`);
  }
  return path;
}

/** Gathers files, and refuses those that could not stand beside each other on every file system. */
export class FileSet {
  readonly files: Map<string, Uint8Array<ArrayBuffer>> = new Map();
  /** What there is, by {@linkcode key}. */
  readonly #taken = new Map<string, { readonly path: string; readonly folder: boolean }>();
  readonly #refuse: Refuse;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  /** @param path As {@linkcode checkPath} gave it. @param content Kept, not copied. */
  addFile(path: string, content: Uint8Array<ArrayBuffer>): void {
    if (path === "") this.#refuse("a file in it has no name: pack it again");
    this.#addParents(path);
    this.#take(path, false);
    this.files.set(path, content);
  }

  /** @param path As {@linkcode checkPath} gave it. */
  addFolder(path: string): void {
    if (path === "") return;
    this.#addParents(path);
    this.#take(path, true);
  }

  #addParents(path: string): void {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) this.#take(path.slice(0, at), true);
  }

  #take(path: string, folder: boolean): void {
    const same = key(path);
    const there = this.#taken.get(same);
    if (there === undefined) {
      this.#taken.set(same, { path, folder });
      // Folders that no entry names count as well.
      if (this.#taken.size > MAX_FILES) this.#refuse(TOO_MANY);
    } else if (there.path !== path) {
      this.#refuse(
        `${quote(there.path)} and ${
          quote(path)
        } in it are one name where case or the form of letters is not told apart: rename one`,
      );
    } else if (there.folder !== folder) this.#refuse(`${quote(path)} in it is both a file and a folder: keep one`);
    else if (!folder) this.#refuse(`${quote(path)} is in it twice: keep one`);
  }
}

/** The same for names that some file system takes for one: APFS and NTFS fold case, APFS and HFS+ the form of letters (Unicode Annex 15). */
function key(path: string): string {
  return path.normalize("NFD").toUpperCase().toLowerCase().normalize("NFC");
}
