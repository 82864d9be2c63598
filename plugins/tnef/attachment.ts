import type { ExtractedPayload } from "../../plugin.ts";
import { ATTACH_METHODS, PropertySet } from "../lib/mapi.ts";
import { Attribute, isTnef, readDate, readText, type TnefAttribute } from "./attributes.ts";
import { readPropertyList } from "./property_list.ts";

/** Length of the interface id before the data of an object, [MS-OXTNEF] 2.1.3.4. */
const INTERFACE_ID_SIZE = 16;
/** Properties that have keys of their own, and the data. */
const OWN_KEYS = new Set([0x3701, 0x3704, 0x3705, 0x3707, 0x370e, 0x3712]);
const ATTACH_DATA = 0x3701;

/** One attachment: its attributes, older and newer forms of which say the same. */
export class TnefAttachment {
  #title: string | null = null;
  #transportName: string | null = null;
  #created: string | null = null;
  #modified: string | null = null;
  #data: Uint8Array | null = null;
  #properties = new PropertySet();

  constructor(private readonly codePage: number) {}

  /** Takes an attribute. @returns What is wrong with it. */
  add({ id, offset, data }: TnefAttribute): string | undefined {
    if (id === Attribute.attachData) this.#data ??= data;
    else if (id === Attribute.attachTitle) this.#title ??= readText(data, this.codePage) || null;
    else if (id === Attribute.attachTransportFilename) this.#transportName ??= readText(data, this.codePage) || null;
    else if (id === Attribute.attachCreateDate) this.#created ??= readDate(data);
    else if (id === Attribute.attachModifyDate) this.#modified ??= readDate(data);
    else if (id === Attribute.attachmentProperties) {
      const { properties, error } = readPropertyList(data, this.codePage);
      this.#properties = new PropertySet(properties);
      if (error !== undefined) return `Attachment properties at offset ${offset}: ${error}`;
    }
    return undefined;
  }

  /** What results say about it. */
  describe(): Record<string, unknown> {
    const method = this.#properties.number(0x3705);
    return {
      filename: this.#filename(),
      title: this.#title,
      size: this.#content()?.length ?? null,
      method: method === null ? null : ATTACH_METHODS[method] ?? String(method),
      type: this.#properties.text(0x370e),
      content_id: this.#properties.text(0x3712),
      created: this.#created,
      modified: this.#modified,
      properties: this.#properties.toJson(OWN_KEYS),
    };
  }

  /** Its bytes as a payload; a message in it is a TNEF stream itself. */
  extract(): { extracted?: ExtractedPayload; error?: string } {
    const content = this.#content();
    const filename = this.#filename();
    if (!content) return { error: `Attachment "${filename ?? ""}" has no data` };
    const { method, type, content_id } = this.describe();
    return {
      extracted: {
        content: content.slice(),
        payloadMeta: {
          extraData: { filename, type, method, ...(content_id === null ? {} : { "content-id": content_id }) },
          dispatchTo: isTnef(content) ? ["tnef"] : [],
        },
      },
    };
  }

  #filename(): string | null {
    return this.#properties.firstText(0x3707, 0x3704) ?? this.#transportName ?? this.#title ??
      this.#properties.text(0x3001);
  }

  #content(): Uint8Array | null {
    const object = this.#properties.bytes(ATTACH_DATA);
    if (!object) return this.#data;
    const isObject = this.#properties.properties.some(({ id, type }) => id === ATTACH_DATA && type === 0x000d);
    return isObject ? object.subarray(INTERFACE_ID_SIZE) : object;
  }
}
