import { readMacroSheets } from "../lib/biff.ts";
import { type Cfb, type CfbEntry, parseCfb } from "../lib/cfb.ts";
import { firstErrors } from "../lib/error_list.ts";
import { filetimeToIso } from "../lib/filetime.ts";
import { findMonikers } from "../lib/moniker.ts";
import { findEncryption } from "../lib/office_encryption.ts";
import { ole10NativeData, packageFilename, parseOle10Native } from "../lib/olepackage.ts";
import { readPptObjects } from "../lib/ppt.ts";
import { readVbaProjects, VBA_EXTENSION } from "../lib/vba_project.ts";
import { readProperties } from "./properties.ts";
import type { ExtractedPayload, Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";

/** Streams that are extracted; a real document has a few dozen, an .msi some hundreds. */
const MAX_EXTRACTED = 2_000;
/** What all objects of a presentation together may decompress to. */
const MAX_PPT_BYTES = 64 * 1024 * 1024;
/** Source text a module in the results; the extracted payload has all of it. */
const MAX_CODE = 64 * 1024;
/** Source text of all modules in the results. */
const MAX_ALL_CODE = 1024 * 1024;

/** Lists and extracts what an OLE compound file holds, [MS-CFB]. */
export default class Ole implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | undefined {
    const cfb = parseCfb(payload.content);
    if (!cfb) return undefined;
    const found: Found = { extracted: [], embedded: [], links: [], errors: [] };
    const streams = cfb.entries.filter((entry) => entry.kind === "stream");
    const metadata: Record<string, unknown> = {};
    for (const [index, entry] of streams.entries()) {
      const content = cfb.read(entry);
      Object.assign(metadata, entry.parts.length === 1 ? summary(entry, content, found.errors) : {});
      for (const moniker of isLinkStream(entry) ? findMonikers(content) : []) {
        found.links.push({ stream: entry.parts.join("/"), ...moniker });
      }
      if (index < MAX_EXTRACTED) extractStream(entry, index, content, found);
    }
    if (streams.length > MAX_EXTRACTED) found.errors.push(`streams after the first ${MAX_EXTRACTED} not extracted`);
    const macros = extractMacros(cfb, found);
    extractPptObjects(cfb, found);
    const encryption = findEncryption(cfb);
    const macroSheets = readMacroSheets(cfb);
    return {
      results: {
        clsid: cfb.root?.clsid ?? null,
        streams: streams.map((entry, index) => ({
          index,
          path: entry.parts.join("/"),
          size: entry.size,
          ...(entry.orphan ? { orphan: true } : {}),
        })),
        storages: cfb.entries.filter((entry) => entry.kind === "storage").map((entry) => ({
          path: entry.parts.join("/"),
          clsid: entry.clsid,
          created: filetimeToIso(entry.created),
          modified: filetimeToIso(entry.modified),
        })),
        metadata,
        encrypted: encryption !== undefined,
        ...(encryption ? { encryption } : {}),
        ...(macros.length > 0 ? { macros } : {}),
        ...(macroSheets.length > 0 ? { excel4_macro_sheets: macroSheets } : {}),
        ...(found.embedded.length > 0 ? { embedded: found.embedded } : {}),
        ...(found.links.length > 0 ? { links: found.links } : {}),
      },
      extracted: found.extracted,
      errors: firstErrors([...cfb.errors, ...found.errors]),
    };
  }
}

/** What was found so far. */
interface Found {
  extracted: ExtractedPayload[];
  embedded: Record<string, unknown>[];
  links: Record<string, unknown>[];
  errors: string[];
}

/** Properties of a summary stream at the top; nothing for any other stream. */
function summary(entry: CfbEntry, content: Uint8Array, errors: string[]): Record<string, unknown> {
  const name = entry.name.slice(1);
  if (entry.name[0] !== "\x05" || (name !== "SummaryInformation" && name !== "DocumentSummaryInformation")) return {};
  const { known, userDefined } = readProperties(content, name, errors);
  return Object.keys(userDefined).length > 0 ? { ...known, user_defined: userDefined } : known;
}

/** Streams that say where a linked object is, [MS-OLEDS] 2.3.3. */
function isLinkStream(entry: CfbEntry): boolean {
  return entry.name.toLowerCase() === "\x01ole" || entry.name.toLowerCase() === "\x03linkinfo";
}

/** The printable ASCII characters of a stream's path, as the original plugin names streams. */
function printableName(entry: CfbEntry): string {
  return entry.parts.join("_").replace(/[^\x20-\x7e]/g, "");
}

/** The stream itself, or the file that it wraps. Whether it wraps one is told by its name, never by its content. */
function extractStream(entry: CfbEntry, index: number, content: Uint8Array, found: Found): void {
  const path = entry.parts.join("/");
  const name = printableName(entry);
  if (entry.name.toLowerCase() !== "\x01ole10native") {
    if (content.length === 0) return;
    const extraData = { index, name, filename: name, path };
    found.extracted.push({ content, payloadMeta: { shouldArchive: false, extraData } });
    return;
  }
  const pack = parseOle10Native(content);
  const data = pack ? pack.data : ole10NativeData(content);
  const filename = pack ? packageFilename(pack) : null;
  found.embedded.push({
    stream: path,
    filename,
    source_path: pack?.sourcePath ?? null,
    temp_path: pack?.tempPath ?? null,
    linked: pack?.linked ?? false,
    size: data.length,
  });
  const declared = pack?.declaredSize ?? data.length;
  if (declared > data.length) found.errors.push(`stream "${path}": ${data.length} of ${declared} bytes are in it`);
  if (data.length === 0) return;
  const extraData = { index, name: `${name}_${filename ?? "olenative"}`, filename: filename ?? name, path };
  found.extracted.push({ content: data.slice(), payloadMeta: { extraData } });
}

/** Reports and extracts the source of every VBA module. */
function extractMacros(cfb: Cfb, found: Found): Record<string, unknown>[] {
  const macros: Record<string, unknown>[] = [];
  let room = MAX_ALL_CODE;
  for (const project of readVbaProjects(cfb, found.errors)) {
    for (const module of project.modules) {
      const code = module.code.slice(0, Math.min(MAX_CODE, room));
      room -= code.length;
      macros.push({
        project: project.name,
        module: module.name,
        type: module.type,
        stream: module.stream,
        size: module.code.length,
        code,
        ...(code.length < module.code.length ? { truncated: true } : {}),
      });
      if (module.code === "") continue;
      const filename = `${module.name}.${VBA_EXTENSION[module.type]}`;
      found.extracted.push({
        content: new TextEncoder().encode(module.code),
        payloadMeta: { extraData: { filename, path: module.stream } },
      });
    }
  }
  return macros;
}

/** Objects that PowerPoint keeps compressed inside one stream; each is a compound file again. */
function extractPptObjects(cfb: Cfb, found: Found): void {
  for (const { offset, content } of readPptObjects(cfb, MAX_PPT_BYTES, found.errors)) {
    const filename = `ppt_object_${offset}.ole`;
    found.embedded.push({ stream: "PowerPoint Document", filename, offset, size: content.length });
    if (content.length > 0) {
      found.extracted.push({
        content,
        payloadMeta: { extraData: { filename, path: "PowerPoint Document", offset } },
      });
    }
  }
}
