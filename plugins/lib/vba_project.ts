/**
 * The modules of a VBA project with their source, [MS-OVBA] 2.2 and 2.3.
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import type { Cfb, CfbEntry } from "./cfb.ts";
import { decodeCodePage, decodeUtf16 } from "./codepage.ts";
import { decompressVba } from "./ovba.ts";

/** Source of all modules of a file together; real projects stay below 10 MB. */
const MAX_SOURCE_BYTES = 16 * 1024 * 1024;
/** A `dir` stream of thousands of modules has about this size. */
const MAX_DIR_BYTES = 4 * 1024 * 1024;
const MAX_MODULES = 2_000;
const DEFAULT_CODE_PAGE = 1252;
/** How a compressed module begins: signature, chunk header (2 bytes), flags 0, `Attribut`. */
const MODULE_START = new TextEncoder().encode("\0Attribut");

/** A VBA module. */
export interface VbaModule {
  readonly name: string;
  /** `module` (.bas), `class` (.cls: classes and document modules), `form` (.frm). */
  readonly type: "module" | "class" | "form";
  /** Path of the stream in the compound file. */
  readonly stream: string;
  /** Source text with its line ends as they are. */
  readonly code: string;
}

/** A VBA project. */
export interface VbaProject {
  /** Path of the storage above `VBA`; empty at the top. */
  readonly path: string;
  /** The project's name, or null where its `dir` stream doesn't tell. */
  readonly name: string | null;
  readonly codePage: number;
  readonly modules: readonly VbaModule[];
}

/** Extension of an exported module. */
export const VBA_EXTENSION: Readonly<Record<VbaModule["type"], string>> = { module: "bas", class: "cls", form: "frm" };

/**
 * Finds the VBA projects of a compound file, wherever they are in it, and decompresses their modules.
 *
 * @param errors Gets what was malformed.
 */
export function readVbaProjects(cfb: Cfb, errors: string[]): VbaProject[] {
  const projects: VbaProject[] = [];
  const budget: Budget = { bytes: MAX_SOURCE_BYTES, modules: MAX_MODULES, told: false };
  for (const streams of vbaStorages(cfb).values()) projects.push(readProject(cfb, streams, budget, errors));
  return projects;
}

/** Streams of each storage named VBA, by the storage's path; the PROJECT stream beside it too. */
function vbaStorages(cfb: Cfb): Map<string, Map<string, CfbEntry>> {
  const storages = new Map<string, Map<string, CfbEntry>>();
  const isVba = (name: string | undefined) => name?.toLowerCase() === "vba";
  for (const entry of cfb.entries) {
    if (entry.kind !== "stream" || !isVba(entry.parts.at(-2))) continue;
    const key = entry.parts.slice(0, -1).join("/");
    const streams = storages.get(key) ?? new Map<string, CfbEntry>();
    streams.set(entry.name.toLowerCase(), entry);
    storages.set(key, streams);
  }
  for (const entry of cfb.entries) {
    if (entry.kind !== "stream" || entry.name.toLowerCase() !== "project") continue;
    const parent = entry.parts.slice(0, -1);
    for (const name of ["VBA", "vba", "Vba"]) storages.get([...parent, name].join("/"))?.set("../project", entry);
  }
  return storages;
}

/** What may still be read of a file. */
interface Budget {
  bytes: number;
  modules: number;
  told: boolean;
}

function readProject(
  cfb: Cfb,
  streams: Map<string, CfbEntry>,
  budget: Budget,
  errors: string[],
): VbaProject {
  const modules: VbaModule[] = [];
  const read = new Set<CfbEntry>();
  const dir = readDir(cfb, streams.get("dir"), errors);
  const project = streams.get("../project");
  const forms = formNames(project ? decodeCodePage(cfb.read(project), dir.codePage) : "");
  const add = (entry: CfbEntry, content: Uint8Array, start: number, facts: Pick<VbaModule, "name" | "type">) => {
    if (budget.modules <= 0 || budget.bytes <= 0) {
      if (!budget.told) errors.push(`VBA source beyond ${MAX_SOURCE_BYTES} bytes or ${MAX_MODULES} modules left out`);
      budget.told = true;
      return;
    }
    const { content: source, error } = decompressVba(content.subarray(start), budget.bytes);
    const stream = entry.parts.join("/");
    if (error) errors.push(`module "${facts.name}": stream "${stream}" at offset ${start}: ${error}`);
    budget.modules--;
    budget.bytes -= source.length;
    const type = forms.has(facts.name.toLowerCase()) ? "form" : facts.type;
    modules.push({ name: facts.name, type, stream, code: decodeCodePage(source, dir.codePage) });
  };
  for (const module of dir.modules) {
    const entry = streams.get(module.stream.toLowerCase());
    if (!entry) {
      errors.push(`module "${module.name}": there is no stream "${module.stream}"`);
      continue;
    }
    if (read.has(entry)) continue;
    read.add(entry);
    const content = cfb.read(entry);
    const start = content[module.offset] === 1 ? module.offset : findSource(content);
    if (start < 0) errors.push(`module "${module.name}": no source at offset ${module.offset} of "${module.stream}"`);
    else add(entry, content, start, module);
  }
  // What the dir stream hides or a missing one doesn't tell: streams that hold source all the same.
  for (const [name, entry] of streams) {
    if (read.has(entry) || name === "dir" || name === "../project" || name === "_vba_project") continue;
    const content = cfb.read(entry);
    const start = findSource(content);
    if (start >= 0) add(entry, content, start, { name: entry.name, type: "module" });
  }
  const first = streams.values().next().value;
  return { path: first?.parts.slice(0, -2).join("/") ?? "", name: dir.name, codePage: dir.codePage, modules };
}

/** Offset of a compressed container that begins like every module does, or -1. */
function findSource(content: Uint8Array): number {
  const reader = new ByteReader(content);
  for (let at = reader.indexOf(MODULE_START); at >= 0; at = reader.indexOf(MODULE_START, at + 1)) {
    if (content[at - 3] === 1) return at - 3;
  }
  return -1;
}

/** Names of the forms, which only the PROJECT stream tells from classes, [MS-OVBA] 2.3.1.7. */
function formNames(project: string): Set<string> {
  const names = new Set<string>();
  for (const line of project.split(/\r\n|\r|\n/)) {
    if (line.startsWith("BaseClass=")) names.add(line.slice("BaseClass=".length).toLowerCase());
  }
  return names;
}

interface Dir {
  name: string | null;
  codePage: number;
  modules: { name: string; stream: string; offset: number; type: "module" | "class" }[];
}

/** Record ids of the dir stream, [MS-OVBA] 2.3.4.2. */
const PROJECT_CODE_PAGE = 0x03;
const PROJECT_NAME = 0x04;
const PROJECT_VERSION = 0x09;
const MODULE_NAME = 0x19;
const MODULE_NAME_UNICODE = 0x47;
const MODULE_STREAM = 0x1a;
const MODULE_STREAM_UNICODE = 0x32;
const MODULE_OFFSET = 0x31;
const MODULE_PROCEDURAL = 0x21;
const MODULE_END = 0x2b;

/** The records that matter of the dir stream; all are id, size, data, but one. */
function readDir(cfb: Cfb, entry: CfbEntry | undefined, errors: string[]): Dir {
  const dir: Dir = { name: null, codePage: DEFAULT_CODE_PAGE, modules: [] };
  if (!entry) {
    errors.push("VBA project without a dir stream");
    return dir;
  }
  const { content, error } = decompressVba(cfb.read(entry), MAX_DIR_BYTES);
  if (error) errors.push(`stream "${entry.parts.join("/")}": ${error}`);
  const reader = new ByteReader(content);
  let module: Dir["modules"][number] | undefined;
  for (let at = 0; at + 6 <= content.length;) {
    const id = reader.u16(at)!;
    // PROJECTVERSION says 4 and has 6, [MS-OVBA] 2.3.4.2.1.11.
    const size = id === PROJECT_VERSION ? 6 : reader.u32(at + 2)!;
    const data = reader.slice(at + 6, size);
    if (!data) {
      errors.push(
        `stream "${entry.parts.join("/")}": record ${id} at offset ${at} has ${size} bytes, more than are left`,
      );
      break;
    }
    if (id === PROJECT_CODE_PAGE) dir.codePage = reader.u16(at + 6) ?? DEFAULT_CODE_PAGE;
    else if (id === PROJECT_NAME) dir.name = decodeCodePage(data, dir.codePage);
    else if (id === MODULE_NAME) {
      const name = decodeCodePage(data, dir.codePage);
      module = { name, stream: name, offset: 0, type: "class" };
      if (dir.modules.length < MAX_MODULES) dir.modules.push(module);
    } else if (module) {
      if (id === MODULE_NAME_UNICODE) module.name = decodeUtf16(data);
      else if (id === MODULE_STREAM) module.stream = decodeCodePage(data, dir.codePage);
      else if (id === MODULE_STREAM_UNICODE) module.stream = decodeUtf16(data);
      else if (id === MODULE_OFFSET) module.offset = reader.u32(at + 6) ?? 0;
      else if (id === MODULE_PROCEDURAL) module.type = "module";
      else if (id === MODULE_END) module = undefined;
    }
    at += 6 + size;
  }
  return dir;
}
