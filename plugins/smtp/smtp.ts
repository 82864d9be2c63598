import type { ExtractedPayload, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { extractIndicators, valuesByType } from "../lib/ioc.ts";
import { decodeCharset } from "../lib/mail_charset.ts";
import { headerValues, percentDecode, startsField } from "../lib/mail_headers.ts";
import { fromLineLength, MAX_MAILS, splitMailbox } from "./mbox.ts";
import { type Message, parseMessage, type Part } from "./mime.ts";
import { normalizeText } from "./normalize.ts";
import { decodeUuencoded, type UuencodedFile } from "./uuencode.ts";

/** Headers and bodies whose indicators are reported by default: those that name other hosts. */
const DEFAULT_IOC_KEYS = [
  "received",
  "x-orig-ip",
  "x-originating-ip",
  "x-remote-ip",
  "x-sender-ip",
  "body",
  "body_html",
];

/** Result keys of ours; a header of that name is kept as `header_NAME`. */
const RESERVED = new Set(["body", "body_html", "iocs", "mbox_messages"]);

/** Headers one of which a mail has: without any, a payload that begins like a header is something else. */
const MAIL_HEADER =
  /^(?:from|to|cc|bcc|date|subject|sender|reply-to|received|return-path|delivered-to|message-id|in-reply-to|references|mime-version|content-(?:type|transfer-encoding|disposition)|resent-.*|x-mailer|x-originating-ip|arc-.*|dkim-signature|list-.*)$/i;

/** Media types whose content is a message itself. */
const MESSAGE_TYPE = /^message\/(?:rfc822|global|news)$/;

/** Media types whose content is somewhere else: their parameters say where (RFC 2046, sections 5.2.2 and 5.2.3). */
const ELSEWHERE = /^message\/(?:external-body|partial)$/;

/** Headers and bodies of a mail; its attachments extracted. */
export default class Smtp implements WorkerPlugin {
  readonly #omitBody: boolean;
  readonly #alwaysDispatch: string[];
  readonly #archiveAttachments: boolean;
  readonly #extractIocs: boolean;
  readonly #iocKeys: string[];

  constructor({ options }: PluginContext) {
    this.#omitBody = options.getBoolean("omit_body", false);
    this.#alwaysDispatch = options.getList("always_dispatch", []);
    this.#archiveAttachments = options.getBoolean("archive_attachments", true);
    this.#extractIocs = options.getBoolean("extract_iocs", false);
    this.#iocKeys = options.getList("ioc_keys", DEFAULT_IOC_KEYS).map((key) => key.toLowerCase());
  }

  scan(payload: Payload): WorkerResponse | null {
    const bytes = normalizeText(payload.content);
    const mails = splitMailbox(bytes);
    if (mails.length > 1) return this.#mailbox(mails);
    const start = fromLineLength(bytes);
    if (!startsField(bytes, start, Math.min(bytes.length, start + 1_000))) return null;
    const message = parseMessage(bytes, start);
    return message.headers.some(({ name }) => MAIL_HEADER.test(name)) ? this.#mail(message) : null;
  }

  #mailbox(mails: ReturnType<typeof splitMailbox>): WorkerResponse {
    const errors = mails.length > MAX_MAILS ? [`More than ${MAX_MAILS} mails: the rest is left out`] : [];
    const kept = mails.slice(0, MAX_MAILS);
    const extracted = kept.map(({ fromLine, content }, i) => ({
      content: content.slice(),
      payloadMeta: {
        shouldArchive: this.#archiveAttachments,
        extraData: { filename: null, type: "message/rfc822", from_line: fromLine, index: i },
        dispatchTo: this.#dispatchTo("message/rfc822"),
      },
    }));
    return { results: { mbox_messages: kept.length }, extracted, errors };
  }

  #mail({ headers, parts, errors }: Message): WorkerResponse {
    const plain = parts.find((part) => part.type === "text/plain" && isBody(part, parts)) ?? brokenBody(parts);
    const html = parts.find((part) => part.type === "text/html" && isBody(part, parts));
    const results = headerValues(headers, RESERVED);
    const { blocks, rest } = plain ? decodeUuencoded(plain.content()) : { blocks: [], rest: new Uint8Array() };
    const body = plain ? decodeCharset(rest, plain.charset) : "";
    const bodyHtml = html ? decodeCharset(html.content(), html.charset) : "";
    if (this.#extractIocs) results.set("iocs", this.#indicators(results, body, bodyHtml));
    if (!this.#omitBody) results.set("body", body).set("body_html", bodyHtml);
    for (const { filename, complete } of blocks) {
      if (!complete) errors.push(`The uuencoded file "${filename}" has no end line: it may be cut off`);
    }
    const extracted = [
      ...parts.filter((part) => part !== plain && part !== html).map((part) => this.#attachment(part)),
      ...blocks.map((block) => this.#uuencoded(block)),
    ];
    return { results: Object.fromEntries(results), extracted, errors };
  }

  #attachment(part: Part): ExtractedPayload {
    return {
      content: part.content().slice(),
      payloadMeta: {
        shouldArchive: this.#archiveAttachments,
        extraData: {
          charset: part.charset,
          "content-description": part.description,
          disposition: part.disposition,
          filename: part.filename,
          type: part.type,
          ...(part.contentId === null ? {} : { "content-id": part.contentId }),
          part: part.path,
          ...(ELSEWHERE.test(part.type) ? { parameters: Object.fromEntries(part.parameters) } : {}),
        },
        dispatchTo: this.#dispatchTo(part.type),
      },
    };
  }

  #uuencoded({ filename, content }: UuencodedFile): ExtractedPayload {
    return {
      content: content.slice(),
      payloadMeta: {
        shouldArchive: this.#archiveAttachments,
        extraData: {
          charset: null,
          "content-description": null,
          disposition: null,
          filename,
          type: null,
          encoding: "uuencode",
        },
        dispatchTo: this.#dispatchTo(null),
      },
    };
  }

  #dispatchTo(type: string | null): string[] {
    const nested = type !== null && MESSAGE_TYPE.test(type) ? ["smtp"] : [];
    return [...new Set([...nested, ...this.#alwaysDispatch])];
  }

  #indicators(results: Map<string, unknown>, body: string, bodyHtml: string): Record<string, string[]> {
    const texts = this.#iocKeys.map((key) => key === "body" ? body : key === "body_html" ? bodyHtml : results.get(key));
    const text = texts.filter((value) => typeof value === "string").join("\n");
    // Links of redirectors carry their target percent-encoded.
    const decoded = /%[0-9a-f]{2}/i.test(text) ? new TextDecoder().decode(percentDecode(text)) : "";
    return valuesByType(extractIndicators(`${text}\n${decoded}`).indicators);
  }
}

/** Whether a text part may be the body: not what is called an attachment, unless it is the whole message. */
function isBody(part: Part, parts: readonly Part[]): boolean {
  if (part.disposition === "attachment") return false;
  return part.filename === null || (parts.length === 1 && part.path === "");
}

/** A multipart that could not be taken apart, as the whole of the message: its text is shown. */
function brokenBody(parts: readonly Part[]): Part | undefined {
  return parts.find((part) => part.path === "" && part.type.startsWith("multipart/"));
}
