/**
 * An Open Packaging Conventions package: parts, their content types and relationships, ECMA-376 part 2.
 *
 * @module
 */
import { peekMember, readZip, type ZipMember, ZipMemberReader } from "../lib/zip.ts";
import { decodeXml, type XmlTag, xmlTags } from "./xml.ts";

/** What all parts together may decompress to. */
const MAX_BYTES = 128 * 1024 * 1024;
/** A document with 10,000 links is a list of links. */
const MAX_RELATIONSHIPS = 10_000;
const CONTENT_TYPES = "[content_types].xml";

/** A relationship of the package or of a part, ECMA-376 part 2, 6.5. */
export interface Relationship {
  /** Part that it starts from; empty for the package. */
  readonly source: string;
  readonly id: string;
  /** Last segment of the relationship type, such as `attachedTemplate`. */
  readonly type: string;
  /** Name of a part, or what an external one points to as it stands there. */
  readonly target: string;
  readonly external: boolean;
}

/** A package whose parts are decompressed on demand, within one budget. */
export class OpcPackage {
  readonly members: readonly ZipMember[];
  readonly relationships: readonly Relationship[];
  readonly #bytes: Uint8Array;
  readonly #errors: string[];
  readonly #defaults = new Map<string, string>();
  readonly #overrides = new Map<string, string>();
  readonly #reader: ZipMemberReader;

  private constructor(bytes: Uint8Array, members: readonly ZipMember[], errors: string[]) {
    this.#bytes = bytes;
    this.#errors = errors;
    this.members = members;
    this.#reader = new ZipMemberReader(bytes, MAX_BYTES);
    for (const member of members) {
      if (member.name.toLowerCase() === CONTENT_TYPES) this.#readContentTypes(member);
    }
    this.relationships = this.#readRelationships();
  }

  /**
   * Opens a package.
   *
   * @param errors Gets what is malformed or left out, also while parts are read.
   * @returns Undefined if the archive has no content types: it is no package.
   */
  static open(bytes: Uint8Array, errors: string[]): OpcPackage | undefined {
    const found: string[] = [];
    const members = readZip(bytes, found);
    if (!members.some((member) => member.name.toLowerCase() === CONTENT_TYPES)) return undefined;
    errors.push(...found);
    const names = new Set<string>();
    const files = members.filter((member) => !member.name.endsWith("/"));
    for (const { name } of files) {
      if (names.has(name.toLowerCase())) errors.push(`"${name}": is in the archive more than once`);
      names.add(name.toLowerCase());
    }
    return new OpcPackage(bytes, files, errors);
  }

  /** Content type of a part, or null: its override, else that of its extension. */
  contentType(name: string): string | null {
    const lower = name.toLowerCase();
    const extension = lower.slice(lower.lastIndexOf(".") + 1);
    return this.#overrides.get(lower) ?? this.#defaults.get(extension) ?? null;
  }

  /** The first bytes of a part. */
  peek(member: ZipMember): Uint8Array {
    return peekMember(this.#bytes, member);
  }

  /** The bytes of a part, or undefined; errors say why. */
  read(member: ZipMember): Uint8Array<ArrayBuffer> | undefined {
    const { content, error } = this.#reader.read(member);
    if (error) this.#errors.push(error);
    return content;
  }

  /** The tags of an XML part; none if it cannot be read. */
  *tags(member: ZipMember): Generator<XmlTag> {
    const content = this.read(member);
    if (content) yield* xmlTags(decodeXml(content));
  }

  #readContentTypes(member: ZipMember): void {
    for (const { name, attributes } of this.tags(member)) {
      const type = attributes.get("ContentType");
      if (type === undefined) continue;
      const extension = attributes.get("Extension")?.toLowerCase();
      const part = attributes.get("PartName")?.toLowerCase();
      if (name === "Default" && extension !== undefined) this.#defaults.set(extension, type);
      else if (name === "Override" && part !== undefined) this.#overrides.set(part.replace(/^\//, ""), type);
    }
  }

  #readRelationships(): Relationship[] {
    const found: Relationship[] = [];
    for (const member of this.members) {
      const place = /^(.{0,1000}?)(?:^|\/)_rels\/([^\/]{0,500})\.rels$/i.exec(member.name);
      if (!place) continue;
      const folder = place[1] ?? "";
      const source = place[2] === "" ? "" : folder === "" ? place[2]! : `${folder}/${place[2]}`;
      for (const { name, kind, attributes } of this.tags(member)) {
        if (name !== "Relationship" || kind === "end") continue;
        if (found.length >= MAX_RELATIONSHIPS) {
          this.#errors.push(`relationships after the first ${MAX_RELATIONSHIPS} left out`);
          return found;
        }
        const external = attributes.get("TargetMode")?.toLowerCase() === "external";
        const target = attributes.get("Target") ?? "";
        found.push({
          source,
          id: attributes.get("Id") ?? "",
          type: (attributes.get("Type") ?? "").split("/").at(-1)!,
          target: external ? target : resolve(folder, target),
          external,
        });
      }
    }
    return found;
  }
}

/** Name of the part that a target names, relative to the folder of its source. */
function resolve(folder: string, target: string): string {
  const segments = target.startsWith("/") || folder === "" ? [] : folder.split("/");
  for (const segment of target.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return segments.join("/");
}
