import type { ExtractedPayload, Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { type Cfb, parseCfb } from "../lib/cfb.ts";
import { firstErrors } from "../lib/error_list.ts";
import { headerValues, MAX_HEADERS, readHeaders } from "../lib/mail_headers.ts";
import { decodeBody, type PropertySet } from "../lib/mapi.ts";
import { decompressRtf } from "../lib/mapi_rtf.ts";
import { MsgAttachment } from "./attachment.ts";
import { NamedProperties } from "./named_properties.ts";
import { HeaderSize, MsgStorage, PROPERTIES_STREAM } from "./storage.ts";

/** Storages of recipients and attachments, numbered, [MS-OXMSG] 2.2. */
const RECIPIENT = /^__recip_version1\.0_#[0-9a-f]{8}$/i, ATTACHMENT = /^__attach_version1\.0_#[0-9a-f]{8}$/i;
/** Recipients and attachments that are reported: Outlook itself stops at 2,048. */
const MAX_CHILDREN = 2_048;
/** Properties of the message that have keys of their own. */
const OWN_KEYS = new Set([0x001a, 0x0037, 0x0039, 0x007d, 0x0e06, 0x1000, 0x1009, 0x1013, 0x1035, 0x3007, 0x3008]);
/** Properties of a recipient that have keys of their own. */
const OWN_RECIPIENT_KEYS = new Set([0x0c15, 0x3001, 0x3003, 0x39fe]);
const RECIPIENT_TYPES = ["from", "to", "cc", "bcc"]; // [MS-OXOMSG] 2.2.3.1.2

/** An Outlook message: what it says about itself; its attachments, messages in it and RTF body extracted. */
export default class Msg implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | null {
    const cfb = parseCfb(payload.content);
    if (!cfb) return null;
    const root = MsgStorage.root(cfb);
    return root.streamNames.includes(PROPERTIES_STREAM) ? read(cfb, root) : null;
  }
}

function read(cfb: Cfb, root: MsgStorage): WorkerResponse {
  const errors: string[] = [];
  const names = new NamedProperties(root);
  const message = root.properties(HeaderSize.message, names);
  const html = message.bytes(0x1013);
  const attached = children(root, ATTACHMENT, "attachments", errors).map((storage) => {
    const attachment = new MsgAttachment(storage, root, names);
    const { extracted, error } = attachment.extract();
    if (error !== undefined) errors.push(error);
    return { extracted, description: attachment.describe(extracted?.content.length ?? null) };
  });
  const results = {
    message_class: message.text(0x001a),
    subject: message.text(0x0037),
    from: sender(message),
    recipients: children(root, RECIPIENT, "recipients", errors).map((storage) => recipient(storage, names)),
    date_sent: message.text(0x0039),
    date_received: message.text(0x0e06),
    created: message.text(0x3007),
    modified: message.text(0x3008),
    message_id: message.text(0x1035),
    headers: transportHeaders(message.text(0x007d), errors),
    body: message.text(0x1000),
    body_html: message.text(0x1013) ?? (html && decodeBody(html, message.number(0x3fde))),
    properties: message.toJson(OWN_KEYS),
    attachments: attached.map(({ description }) => description),
  };
  const extracted = [rtfBody(message, errors), ...attached.map((each) => each.extracted)];
  return {
    results,
    extracted: extracted.filter((each) => each !== undefined),
    errors: firstErrors([...errors, ...cfb.errors]),
  };
}

function children(root: MsgStorage, name: RegExp, what: string, errors: string[]): MsgStorage[] {
  const found = [...root.children].filter(([key]) => name.test(key)).map(([, storage]) => storage);
  if (found.length > MAX_CHILDREN) errors.push(`More than ${MAX_CHILDREN} ${what}: the rest is left out`);
  return found.slice(0, MAX_CHILDREN);
}

function sender(message: PropertySet): { name: string | null; address: string | null } | null {
  const name = message.firstText(0x0c1a, 0x0042);
  const address = message.firstText(0x5d01, 0x0c1f, 0x5d02, 0x0065);
  return name === null && address === null ? null : { name, address };
}

function recipient(storage: MsgStorage, names: NamedProperties): Record<string, unknown> {
  const properties = storage.properties(HeaderSize.child, names);
  const type = properties.number(0x0c15);
  return {
    type: type === null ? null : RECIPIENT_TYPES[type & 0x0f] ?? null,
    name: properties.text(0x3001),
    address: properties.firstText(0x39fe, 0x3003),
    properties: properties.toJson(OWN_RECIPIENT_KEYS),
  };
}

/** The headers that a received message came with, in the form of the smtp plugin; none of one that was never sent. */
function transportHeaders(text: string | null, errors: string[]): Record<string, unknown> {
  // Exchange puts a line of its own before them.
  const bytes = new TextEncoder().encode((text ?? "").replace(/^Microsoft Mail Internet Headers[^\n]*\n/, ""));
  const { headers, truncated } = readHeaders(bytes, 0, bytes.length);
  if (truncated) errors.push(`More than ${MAX_HEADERS} headers: the rest is left out`);
  return Object.fromEntries(headerValues(headers));
}

function rtfBody(message: PropertySet, errors: string[]): ExtractedPayload | undefined {
  const compressed = message.bytes(0x1009);
  if (!compressed) return undefined;
  const body = decompressRtf(compressed);
  if (!body) {
    errors.push("The RTF body is not compressed RTF");
    return undefined;
  }
  if (body.error !== null) errors.push(body.error);
  return { content: body.rtf.slice(), payloadMeta: { extraData: { filename: "body.rtf", type: "application/rtf" } } };
}
