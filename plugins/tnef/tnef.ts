import type { ExtractedPayload, Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { ByteReader } from "../lib/bytes.ts";
import { firstErrors } from "../lib/error_list.ts";
import { decodeBody, PropertySet } from "../lib/mapi.ts";
import { decompressRtf } from "../lib/mapi_rtf.ts";
import {
  Attribute,
  isTnef,
  legacyKey,
  readAttributes,
  readDate,
  readText,
  readTriple,
  type TnefAttribute,
} from "./attributes.ts";
import { readPropertyList, readRecipientTable } from "./property_list.ts";
import { TnefAttachment } from "./attachment.ts";

/** Windows-1252: what is meant when the stream doesn't say. */
const DEFAULT_CODE_PAGE = 1252;
/** Attachments of one stream that are reported. */
const MAX_ATTACHMENTS = 1_000;
/** Properties of the message that have keys of their own: bodies and what identifies the mail. */
const OWN_KEYS = new Set([0x001a, 0x0037, 0x1000, 0x1009, 0x1013]);
/** Keys of the results in their order; those from attributes are there if the attribute is. */
const KEYS = [
  "key",
  "version",
  "code_page",
  "message_class",
  "original_message_class",
  "message_id",
  "parent_id",
  "conversation_id",
  "from",
  "recipients",
  "date_sent",
  "date_received",
  "date_modified",
  "date_start",
  "date_end",
  "priority",
  "subject",
  "body",
  "body_html",
  "properties",
  "attachments",
];
/** Properties of a recipient that have keys of their own. */
const OWN_RECIPIENT_KEYS = new Set([0x0c15, 0x3001, 0x3003]);
const RECIPIENT_TYPES = ["from", "to", "cc", "bcc"]; // [MS-OXOMSG] 2.2.3.1.2

/** Properties of the message in a winmail.dat; its attachments and RTF body extracted. */
export default class Tnef implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | null {
    return isTnef(payload.content) ? new Stream(payload.content).response() : null;
  }
}

/** One stream: collects the attributes of the message and of each attachment. */
class Stream {
  readonly #message = new Map<string, unknown>();
  readonly #attachments: TnefAttachment[] = [];
  readonly #extracted: ExtractedPayload[] = [];
  readonly #errors: string[];
  readonly #codePage: number;
  #properties = new PropertySet();

  constructor(bytes: Uint8Array) {
    const { attributes, errors } = readAttributes(bytes);
    this.#errors = errors;
    this.#message.set("key", legacyKey(bytes));
    const codePage = attributes.find(({ id }) => id === Attribute.oemCodePage);
    this.#codePage = codePage ? new ByteReader(codePage.data).u32(0) ?? DEFAULT_CODE_PAGE : DEFAULT_CODE_PAGE;
    for (const attribute of attributes) {
      if (attribute.level === "message") this.#messageAttribute(attribute);
      else this.#attachmentAttribute(attribute);
    }
  }

  response(): WorkerResponse {
    const html = this.#properties.bytes(0x1013);
    const found = {
      ...Object.fromEntries(this.#message),
      message_class: this.#properties.text(0x001a) ?? this.#message.get("message_class") ?? null,
      subject: this.#properties.text(0x0037) ?? this.#message.get("subject") ?? null,
      body: this.#properties.text(0x1000) ?? this.#message.get("body") ?? null,
      body_html: this.#properties.text(0x1013) ?? (html && decodeBody(html, this.#properties.number(0x3fde))),
      properties: this.#properties.toJson(OWN_KEYS),
      attachments: this.#attachments.map((attachment) => attachment.describe()),
    };
    const results = Object.fromEntries(KEYS.flatMap((key) => key in found ? [[key, Reflect.get(found, key)]] : []));
    this.#extractRtf();
    for (const attachment of this.#attachments) {
      const { extracted, error } = attachment.extract();
      if (extracted) this.#extracted.push(extracted);
      if (error !== undefined) this.#errors.push(error);
    }
    return { results, extracted: this.#extracted, errors: firstErrors(this.#errors) };
  }

  #extractRtf(): void {
    const compressed = this.#properties.bytes(0x1009);
    const body = compressed && decompressRtf(compressed);
    if (compressed && !body) this.#errors.push("The RTF body is not compressed RTF");
    if (!body) return;
    if (body.error !== null) this.#errors.push(body.error);
    this.#extracted.push({
      content: body.rtf.slice(),
      payloadMeta: { extraData: { filename: "body.rtf", type: "application/rtf" } },
    });
  }

  #messageAttribute({ id, offset, data }: TnefAttribute): void {
    const text = () => readText(data, this.#codePage);
    const set = (name: string, value: unknown) => this.#message.set(name, value);
    switch (id) {
      case Attribute.oemCodePage:
        return void set("code_page", this.#codePage);
      case Attribute.version:
        return void set("version", new ByteReader(data).u32(0) ?? null);
      case Attribute.messageClass:
        return void set("message_class", text());
      case Attribute.originalMessageClass:
        return void set("original_message_class", text());
      case Attribute.subject:
        return void set("subject", text());
      case Attribute.body:
        return void set("body", text());
      case Attribute.messageId:
        return void set("message_id", text());
      case Attribute.parentId:
        return void set("parent_id", text());
      case Attribute.conversationId:
        return void set("conversation_id", text());
      case Attribute.from:
        return void set("from", readTriple(data, this.#codePage));
      case Attribute.dateSent:
        return void set("date_sent", readDate(data));
      case Attribute.dateReceived:
        return void set("date_received", readDate(data));
      case Attribute.dateModified:
        return void set("date_modified", readDate(data));
      case Attribute.dateStart:
        return void set("date_start", readDate(data));
      case Attribute.dateEnd:
        return void set("date_end", readDate(data));
      case Attribute.priority:
        return void set("priority", new ByteReader(data).u16(0) ?? null);
      case Attribute.recipientTable:
        return void set("recipients", this.#recipients(data, offset));
      case Attribute.messageProperties: {
        const { properties, error } = readPropertyList(data, this.#codePage);
        if (error !== undefined) this.#errors.push(`Message properties at offset ${offset}: ${error}`);
        this.#properties = new PropertySet(properties);
      }
    }
  }

  #recipients(data: Uint8Array, offset: number): unknown[] {
    return readRecipientTable(data, this.#codePage).map(({ properties, error }) => {
      if (error !== undefined) this.#errors.push(`Recipients at offset ${offset}: ${error}`);
      const recipient = new PropertySet(properties);
      const type = recipient.number(0x0c15);
      return {
        type: type === null ? null : RECIPIENT_TYPES[type & 0x0f] ?? null,
        name: recipient.text(0x3001),
        address: recipient.text(0x3003),
        properties: recipient.toJson(OWN_RECIPIENT_KEYS),
      };
    });
  }

  #attachmentAttribute(attribute: TnefAttribute): void {
    // Rendering data comes first for every attachment, [MS-OXTNEF] 2.1.3.2.
    if (attribute.id === Attribute.attachRenderingData || this.#attachments.length === 0) {
      if (this.#attachments.length >= MAX_ATTACHMENTS) {
        const message = `More than ${MAX_ATTACHMENTS} attachments: the rest is left out`;
        if (!this.#errors.includes(message)) this.#errors.push(message);
        return;
      }
      this.#attachments.push(new TnefAttachment(this.#codePage));
    }
    const error = this.#attachments.at(-1)?.add(attribute);
    if (error !== undefined) this.#errors.push(error);
  }
}
