import { parseCfb } from "../lib/cfb.ts";
import { firstErrors } from "../lib/error_list.ts";
import { findEncryption } from "../lib/office_encryption.ts";
import { isZip } from "../lib/zip.ts";
import { ddeLinks, fieldInstructions } from "./fields.ts";
import { readCustomProperties, readDocumentProperties } from "./metadata.ts";
import { OpcPackage } from "./package.ts";
import { kindsByRelationship, partKind } from "./parts.ts";
import type { ExtractedPayload, Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";

/** Parts, links and fields that are listed; a document rarely has a hundred. */
const MAX_LISTED = 1_000;
/** Parts that are extracted. */
const MAX_EXTRACTED = 500;
/** Field types that start or fetch something by themselves. */
const DDE_FIELD = /^(?:DDE|DDEAUTO)\b/i;
const ACTIVE_FIELD = /^(?:IMPORT|INCLUDE|INCLUDEPICTURE|INCLUDETEXT|LINK|MACROBUTTON)\b/i;
/** Which application a main part is of, by its content type. */
const APPLICATIONS: readonly (readonly [RegExp, string])[] = [
  [/wordprocessingml|ms-word/i, "word"],
  [/spreadsheetml|ms-excel/i, "excel"],
  [/presentationml|ms-powerpoint/i, "powerpoint"],
  [/visio/i, "visio"],
];

/** Says what an OOXML document holds and points to, and extracts the files in it. */
export default class MsOffice implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | undefined {
    if (!isZip(payload.content)) return scanEncrypted(payload.content);
    const errors: string[] = [];
    const opc = OpcPackage.open(payload.content, errors);
    if (!opc) return undefined;
    const main = opc.relationships.find((link) =>
      link.source === "" && !link.external && link.type === "officeDocument"
    );
    const mainType = main ? opc.contentType(main.target) : null;
    const { extracted, ...files } = extractFiles(opc, errors);
    const parts = opc.members.slice(0, MAX_LISTED);
    if (opc.members.length > MAX_LISTED) errors.push(`parts after the first ${MAX_LISTED} not listed`);
    const results = {
      application: APPLICATIONS.find(([pattern]) => pattern.test(mainType ?? ""))?.[1] ?? null,
      content_type: mainType,
      encrypted: false,
      metadata: readMetadata(opc),
      ...files,
      ...readLinks(opc, errors),
      ...readActive(opc, errors),
      parts: parts.map(({ name, size }) => ({ name, size, content_type: opc.contentType(name) })),
    };
    return { results, extracted, errors: firstErrors(errors) };
  }
}

/** An encrypted OOXML document is a compound file around it, [MS-OFFCRYPTO] 2.3.4. */
function scanEncrypted(content: Uint8Array): WorkerResponse | undefined {
  const cfb = parseCfb(content);
  const encryption = cfb && findEncryption(cfb);
  // Without a version it is a binary document, which the ole plugin reports.
  if (!cfb || !encryption || (encryption.version === null && encryption.method !== "unknown")) return undefined;
  return { results: { application: null, content_type: null, encrypted: true, encryption }, errors: cfb.errors };
}

function extractFiles(opc: OpcPackage, errors: string[]) {
  const kinds = kindsByRelationship(opc.relationships);
  const extracted: ExtractedPayload[] = [];
  const vba: string[] = [];
  const excel4: string[] = [];
  const embedded: { part: string; kind: string; size: number }[] = [];
  for (const member of opc.members) {
    const kind = partKind(opc, member, kinds);
    if (!kind) continue;
    if (extracted.length >= MAX_EXTRACTED) {
      errors.push(`files after the first ${MAX_EXTRACTED} not extracted, from "${member.name}" on`);
      break;
    }
    if (kind === "vba") vba.push(member.name);
    else if (kind === "excel4") excel4.push(member.name);
    else embedded.push({ part: member.name, kind, size: member.size });
    const content = opc.read(member);
    if (!content || content.length === 0) continue;
    const extraData = { filename: member.name.split("/").at(-1)!, path: member.name };
    extracted.push({ content, payloadMeta: { extraData } });
  }
  return { extracted, macros: vba.length + excel4.length > 0, vba, excel4, embedded };
}

/** What the document points to outside itself; links to click apart from what Office loads by itself. */
function readLinks(opc: OpcPackage, errors: string[]) {
  const external: { part: string; id: string; type: string; target: string }[] = [];
  const hyperlinks = new Set<string>();
  for (const { external: outside, source, id, type, target } of opc.relationships) {
    if (!outside) continue;
    if (type === "hyperlink") hyperlinks.add(target);
    else external.push({ part: source, id, type, target });
  }
  if (external.length > MAX_LISTED) errors.push(`external targets after the first ${MAX_LISTED} not listed`);
  if (hyperlinks.size > MAX_LISTED) errors.push(`hyperlinks after the first ${MAX_LISTED} not listed`);
  return { external: external.slice(0, MAX_LISTED), hyperlinks: [...hyperlinks].slice(0, MAX_LISTED) };
}

/** DDE, other active fields, and callbacks of custom user interfaces. */
function readActive(opc: OpcPackage, errors: string[]) {
  const dde: { part: string; instruction: string }[] = [];
  const fields: { part: string; instruction: string }[] = [];
  const customUi: { part: string; on_load: string }[] = [];
  for (const member of opc.members) {
    const part = member.name;
    const name = part.toLowerCase();
    if (!name.endsWith(".xml")) continue;
    if (name.startsWith("word/")) {
      for (const instruction of fieldInstructions(opc.tags(member))) {
        if (DDE_FIELD.test(instruction)) dde.push({ part, instruction });
        else if (ACTIVE_FIELD.test(instruction)) fields.push({ part, instruction });
      }
    } else if (name.startsWith("xl/externallinks/")) {
      for (const { service, topic } of ddeLinks(opc.tags(member))) {
        dde.push({ part, instruction: `${service}|${topic}` });
      }
    } else if (name.startsWith("customui/")) {
      for (const { name: tag, attributes } of opc.tags(member)) {
        const callback = attributes.get("onLoad");
        if (tag === "customUI" && callback !== undefined) customUi.push({ part, on_load: callback });
      }
    }
    if (dde.length + fields.length + customUi.length > MAX_LISTED) {
      errors.push(`fields after the first ${MAX_LISTED} not listed, from "${part}" on`);
      break;
    }
  }
  return {
    dde: dde.slice(0, MAX_LISTED),
    ...(fields.length > 0 ? { fields: fields.slice(0, MAX_LISTED) } : {}),
    ...(customUi.length > 0 ? { custom_ui: customUi.slice(0, MAX_LISTED) } : {}),
  };
}

function readMetadata(opc: OpcPackage): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  const read = (type: string, usual: string) => {
    const target = opc.relationships.find((link) => link.source === "" && !link.external && link.type === type)?.target;
    const name = (target ?? usual).toLowerCase();
    const member = opc.members.find((candidate) => candidate.name.toLowerCase() === name);
    return member ? opc.tags(member) : [];
  };
  Object.assign(metadata, Object.fromEntries(readDocumentProperties(read("core-properties", "docProps/core.xml"))));
  Object.assign(metadata, Object.fromEntries(readDocumentProperties(read("extended-properties", "docProps/app.xml"))));
  const custom = readCustomProperties(read("custom-properties", "docProps/custom.xml"));
  if (custom.size > 0) metadata["custom"] = Object.fromEntries(custom);
  return metadata;
}
