/**
 * Which parts of a package hold macros or other people's files.
 *
 * @module
 */
import type { ZipMember } from "../lib/zip.ts";
import type { OpcPackage, Relationship } from "./package.ts";

/** What a part is to an analyst. */
export type PartKind = "vba" | "excel4" | "embedded" | "activex" | "import" | "foreign";

/** Relationship types that lead to such parts. */
const BY_RELATIONSHIP: Readonly<Record<string, PartKind>> = {
  vbaProject: "vba",
  xlMacrosheet: "excel4",
  xlIntlMacrosheet: "excel4",
  oleObject: "embedded",
  package: "embedded",
  activeXControlBinary: "activex",
  aFChunk: "import",
};
/** Names that such parts have, where no relationship leads to them. */
const BY_NAME: readonly (readonly [RegExp, PartKind])[] = [
  [/(?:^|\/)vbaproject\.bin$/, "vba"],
  [/\/macrosheets\/[^\/]+$/, "excel4"],
  [/\/embeddings\/[^\/]+$/, "embedded"],
  [/\/activex\/[^\/]+\.bin$/, "activex"],
];
/** Beginnings of files that have no business in a part of another kind: OLE, ZIP, PE, RTF, PDF. */
const FOREIGN: readonly (readonly number[])[] = [
  [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
  [0x50, 0x4b, 0x03, 0x04],
  [0x4d, 0x5a],
  [0x7b, 0x5c, 0x72, 0x74],
  [0x25, 0x50, 0x44, 0x46],
];

/** Kinds of the parts that relationships lead to, by lower-case name. */
export function kindsByRelationship(relationships: readonly Relationship[]): Map<string, PartKind> {
  const kinds = new Map<string, PartKind>();
  for (const { external, type, target } of relationships) {
    const kind = Object.hasOwn(BY_RELATIONSHIP, type) ? BY_RELATIONSHIP[type] : undefined;
    if (!external && kind) kinds.set(target.toLowerCase(), kind);
  }
  return kinds;
}

/** The kind of a part: by its relationship, its content type, its name, or how it begins; undefined for the rest. */
export function partKind(opc: OpcPackage, member: ZipMember, kinds: Map<string, PartKind>): PartKind | undefined {
  const name = member.name.toLowerCase();
  const related = kinds.get(name);
  if (related) return related;
  const type = opc.contentType(member.name)?.toLowerCase() ?? "";
  if (type === "application/vnd.ms-office.vbaproject") return "vba";
  if (type.includes("macrosheet")) return "excel4";
  for (const [pattern, kind] of BY_NAME) if (pattern.test(name) && !name.includes("/_rels/")) return kind;
  const head = opc.peek(member);
  return FOREIGN.some((magic) => magic.every((byte, index) => head[index] === byte)) ? "foreign" : undefined;
}
