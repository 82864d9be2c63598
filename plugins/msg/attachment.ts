import type { ExtractedPayload } from "../../plugin.ts";
import { ATTACH_METHODS, type PropertySet } from "../lib/mapi.ts";
import { type CfbNode, writeCfb } from "./cfb_writer.ts";
import { type NamedProperties, NAMES_STORAGE } from "./named_properties.ts";
import { HeaderSize, type MsgStorage, PROPERTIES_STREAM } from "./storage.ts";

/** The attachment's bytes, or the storage of an embedded message or object, [MS-OXMSG] 2.2.2. */
const DATA_STREAM = "__substg1.0_37010102", DATA_STORAGE = "__substg1.0_3701000D";
/** Properties that have keys of their own, and the data. */
const OWN_KEYS = new Set([0x3701, 0x3704, 0x3705, 0x3707, 0x3708, 0x370d, 0x370e, 0x3712]);
const ATTACH_DATA = new Set([0x3701]);

/** One attachment of a message. */
export class MsgAttachment {
  readonly #properties: PropertySet;

  constructor(
    private readonly storage: MsgStorage,
    private readonly root: MsgStorage,
    names: NamedProperties,
  ) {
    this.#properties = storage.properties(HeaderSize.child, names, ATTACH_DATA);
  }

  /** What results say about it. @param size Of its content. */
  describe(size: number | null): Record<string, unknown> {
    return {
      filename: this.#filename(),
      size,
      method: this.#method(),
      type: this.#type(),
      content_id: this.#properties.text(0x3712),
      path: this.#properties.firstText(0x370d, 0x3708),
      properties: this.#properties.toJson(OWN_KEYS),
    };
  }

  /** Its bytes as a payload: of a message or object inside, a compound file. */
  extract(): { extracted?: ExtractedPayload; error?: string } {
    const inner = this.storage.children.get(DATA_STORAGE);
    const message = inner?.streamNames.includes(PROPERTIES_STREAM) ?? false;
    const content = inner ? writeCfb(this.#file(inner, message)) : this.storage.read(DATA_STREAM);
    const filename = this.#filename();
    if (!content) {
      // Attachments by reference have none.
      if (!inner && this.#properties.firstText(0x370d, 0x3708) !== null) return {};
      return { error: `Attachment "${filename ?? ""}" ${inner ? "is too large to be rebuilt" : "has no data"}` };
    }
    const contentId = this.#properties.text(0x3712);
    return {
      extracted: {
        content,
        payloadMeta: {
          extraData: {
            filename,
            type: this.#type(),
            method: this.#method(),
            ...(contentId === null ? {} : { "content-id": contentId }),
          },
          dispatchTo: message ? ["msg"] : [],
        },
      },
    };
  }

  #filename(): string | null {
    return this.#properties.firstText(0x3707, 0x3704, 0x3001);
  }

  #method(): string | null {
    const method = this.#properties.number(0x3705);
    return method === null ? null : ATTACH_METHODS[method] ?? String(method);
  }

  #type(): string | null {
    const message = this.storage.children.get(DATA_STORAGE)?.streamNames.includes(PROPERTIES_STREAM);
    return message ? "application/vnd.ms-outlook" : this.#properties.text(0x370e);
  }

  /** A storage as a file of its own. A message gets the header of one, and the names that it shares with its parent. */
  #file(inner: MsgStorage, message: boolean): CfbNode {
    const children = nodes(inner);
    if (!message) return { name: "", clsid: inner.entry?.clsid ?? null, children };
    for (const node of children) {
      if (node.name !== PROPERTIES_STREAM || !node.content) continue;
      const header = new Uint8Array(HeaderSize.message);
      header.set(node.content.subarray(0, HeaderSize.embedded));
      const content = new Uint8Array(header.length + Math.max(0, node.content.length - HeaderSize.embedded));
      content.set(header);
      content.set(node.content.subarray(HeaderSize.embedded), header.length);
      node.content = content;
    }
    const names = this.root.children.get(NAMES_STORAGE);
    if (names && !inner.children.has(NAMES_STORAGE)) children.push({ name: NAMES_STORAGE, children: nodes(names) });
    return { name: "", clsid: this.root.entry?.clsid ?? null, children };
  }
}

/** What is in a storage, all the way down: the directory's own limit of depth bounds it. */
function nodes(storage: MsgStorage): CfbNode[] {
  const streams = storage.streamNames.map((name): CfbNode => ({
    name,
    content: storage.read(name) ?? new Uint8Array(),
  }));
  const storages = [...storage.children].map(([name, child]): CfbNode => ({
    name,
    clsid: child.entry?.clsid ?? null,
    children: nodes(child),
  }));
  return [...streams, ...storages];
}
