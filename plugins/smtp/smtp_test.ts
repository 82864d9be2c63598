import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { decodeCharset } from "../lib/mail_charset.ts";
import { decodeBase64, decodeQuotedPrintable } from "../lib/mail_encodings.ts";
import { decodeWords, parseParameters } from "../lib/mail_headers.ts";
import { fromLineLength, splitMailbox } from "./mbox.ts";
import { parseMessage } from "./mime.ts";
import { normalizeText } from "./normalize.ts";
import { decodeUuencoded } from "./uuencode.ts";

const testdata = new URL("testdata/", import.meta.url);
const read = (name: string) => Deno.readFileSync(new URL(name, testdata));
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** What python_email.py writes. */
interface PythonMail {
  headers: Record<string, string[]>;
  leaves: {
    part: string;
    type: string;
    filename: string | null;
    disposition: string | null;
    sha256: string | null;
    size: number | null;
  }[];
}

/** Mails that are read differently on purpose, and why. */
const DIFFERENT: Record<string, string> = {
  "msg_15.txt": "a boundary used twice: parts after the first end are taken too",
  "msg_39.txt": "a boundary used twice: parts after the first end are taken too",
  "clam.exe.mbox.uu": "Python decodes the rest of the last line as 5 more bytes",
  "charsets.eml": "8-bit headers and encoded words in a file name, which Python leaves undecoded",
};

Deno.test("headers and parts are those that Python's email package finds", () => {
  const expected: Record<string, PythonMail> = JSON.parse(
    Deno.readTextFileSync(new URL("python_email.json", testdata)),
  );
  let compared = 0;
  for (const folder of ["python", "clamav", "made"]) {
    for (const { name } of Deno.readDirSync(new URL(`${folder}/`, testdata))) {
      const mail = expected[name];
      if (name in DIFFERENT || !mail) continue;
      const content = normalizeText(read(`${folder}/${name}`));
      const { headers, parts } = parseMessage(content, fromLineLength(content));
      const values: Record<string, string[]> = {};
      for (const header of headers) (values[header.name.toLowerCase()] ??= []).push(decodeWords(header.value));
      const trimmed = Object.entries(mail.headers).map(([key, list]) => [key, list.map((value) => value.trim())]);
      assert.deepEqual(values, Object.fromEntries(trimmed), name);
      const leaves = parts.map((part, i) => {
        const message = mail.leaves[i]?.sha256 === null; // Python parses message/* on; they are payloads of ours
        return {
          part: part.path,
          type: part.type,
          filename: part.filename,
          disposition: part.disposition,
          sha256: message ? null : sha256(part.content()),
          size: message ? null : part.content().length,
        };
      });
      assert.deepEqual(leaves, mail.leaves, name);
      compared++;
    }
  }
  assert.equal(compared, 50);
});

Deno.test("the attachment of a real mail is extracted, its headers and body reported", async () => {
  await using smtp = await openPlugin("smtp");
  const { results, extracted, errors, dispatchTo } = await smtp.scan(read("clamav/clam.mail"));
  assert.deepEqual(errors, []);
  assert.deepEqual(dispatchTo, []);
  assert.deepEqual(results, {
    from: "ClamAV",
    to: "ClamAV",
    subject: "ClamAV Test File",
    "message-id": "<20080603232833.1aeaf8f1@ClamAV>",
    organization: "ClamAV",
    "mime-version": "1.0",
    "content-type": 'multipart/mixed; boundary="MP_/6OvrPH9HEPZRUCVu6uT=Fey"',
    body: "This is a ClamAV test file with embedded clam.exe",
    body_html: "",
  });
  assert.deepEqual(extracted.map(({ content, payloadMeta }) => [sha256(content), payloadMeta]), [[CLAM_EXE, {
    shouldArchive: true,
    shouldScan: true,
    extraData: {
      charset: null,
      "content-description": null,
      disposition: "attachment",
      filename: "clam.exe",
      type: "application/x-ms-dos-executable",
      part: "2",
    },
    dispatchTo: [],
  }]]);
});

/** SHA-256 of clam.exe of Debian's clamav-testfiles. */
const CLAM_EXE = "71e7b604d18aefd839e51a39c88df8383bb4c071dc31f87f00a2b5df580d4495";

Deno.test("a file that is the whole mail is extracted, in base64 and uuencoded", async () => {
  await using smtp = await openPlugin("smtp");
  for (const name of ["clam.exe.mbox.base64", "clam.exe.mbox.uu"]) {
    const { results, extracted } = await smtp.scan(read(`clamav/${name}`));
    assert.equal(results instanceof Object && "from" in results && results.from, "test@example.com");
    assert.deepEqual(extracted.map((e) => [sha256(e.content), e.payloadMeta.extraData.filename]), [[
      CLAM_EXE,
      "clam.exe",
    ]]);
  }
});

Deno.test("inline images, invitations, HTML files and winmail.dat are all extracted", async () => {
  await using smtp = await openPlugin("smtp");
  const { results, extracted } = await smtp.scan(read("made/attachments.eml"));
  assert.ok(results instanceof Object && "subject" in results && "received" in results && "body" in results);
  assert.equal(
    results.subject,
    "Überweisung – Rechnung Nr. 4711, bitte umgehend begleichen, sonst folgt eine Mahnung",
  );
  assert.match(String(results.received), /^from mx\.example\.net .*\+0000\nfrom \[203\.0\.113\.9\] .*\+0000$/);
  assert.match(String(results.body), /^Bitte öffnen: /);
  assert.deepEqual(
    extracted.map(({ payloadMeta: { extraData: d } }) => [d.part, d.type, d.disposition, d.filename, d["content-id"]]),
    [
      ["1.2.2", "image/gif", "inline", "logo.gif", "logo"],
      ["1.3", "text/calendar", null, null, undefined],
      ["2", "text/html", "attachment", "Rechnung.html", undefined],
      ["3", "application/pdf", "attachment", "Rechnung für März 2024.pdf", undefined],
      ["4", "application/ms-tnef", "attachment", "winmail.dat", undefined],
      ["5", "text/plain", "attachment", "notes.txt", undefined],
    ],
  );
});

Deno.test("a nested message is extracted whole and sent to smtp again", async () => {
  await using smtp = await openPlugin("smtp", { options: { always_dispatch: "hash, yara" } });
  const outer = await smtp.scan(read("made/nested.eml"));
  assert.deepEqual(outer.extracted.map((e) => [e.payloadMeta.extraData.type, e.payloadMeta.dispatchTo]), [
    ["message/rfc822", ["smtp", "hash", "yara"]],
    ["application/pkcs7-signature", ["hash", "yara"]],
  ]);
  assert.equal(outer.extracted[0]!.payloadMeta.extraData.filename, "forwarded.eml");
  const middle = await smtp.scan(outer.extracted[0]!.content);
  const inner = await smtp.scan(middle.extracted[0]!.content);
  assert.ok(inner.results instanceof Object && "subject" in inner.results && "body" in inner.results);
  assert.deepEqual([inner.results.subject, inner.results.body], ["inner", "innermost\r\n"]);
  assert.equal(text(inner.extracted[0]!.content), "MZ");
});

Deno.test("a message/external-body part is bytes like any other, and says where its content is", async () => {
  await using smtp = await openPlugin("smtp");
  const { extracted, errors } = await smtp.scan(read("python/msg_36.txt"));
  assert.deepEqual(errors, []);
  const external = extracted.filter((e) => e.payloadMeta.extraData.type === "message/external-body");
  assert.equal(external.length, 2);
  assert.deepEqual(external[0]!.payloadMeta.extraData.parameters, {
    "access-type": "mail-server",
    server: "mailserv@ietf.org",
  });
  assert.match(text(external[0]!.content), /^Content-Type: text\/plain\n.*\n\nENCODING mime\n/);
});

Deno.test("each mail of a mailbox is extracted", async () => {
  await using smtp = await openPlugin("smtp");
  const { results, extracted } = await smtp.scan(read("made/three.mbox"));
  assert.deepEqual(results, { mbox_messages: 3 });
  for (const [i, { content, payloadMeta }] of extracted.entries()) {
    assert.deepEqual(payloadMeta.dispatchTo, ["smtp"]);
    assert.equal(payloadMeta.extraData.from_line, `From a@example.org Mon Jan  1 10:00:0${i} 2024`);
    const mail = await smtp.scan(content);
    assert.ok(mail.results instanceof Object && "body" in mail.results && "subject" in mail.results);
    assert.equal(mail.results.subject, `mail ${i}`);
    assert.match(String(mail.results.body), /^>From here on: mail \d\n\n>?From paragraph, not a separator\n$/);
  }
});

Deno.test("wrong, missing and unknown charsets still give text", async () => {
  await using smtp = await openPlugin("smtp");
  const { results, extracted } = await smtp.scan(read("made/charsets.eml"));
  assert.deepEqual(results, {
    from: "Jürgen Ü <j@example.org>",
    subject: "Überüberschrift 你好aüb",
    "x-raw": "grüße",
    "x-latin": "grüße",
    header_body: "hidden",
    "mime-version": "1.0",
    "content-type": 'multipart/mixed; boundary="b"',
    body: "grüße",
    body_html: "<p>grüße</p>",
  });
  assert.deepEqual(extracted.map((e) => e.payloadMeta.extraData.filename), ["prüfung.exe", "ein längerer Name.zip"]);
  assert.deepEqual(extracted[0]!.content, new Uint8Array([0x4d, 0x5a, 0x90, 0]));
});

Deno.test("uuencoded files are taken out of the body", async () => {
  await using smtp = await openPlugin("smtp");
  const { results, extracted } = await smtp.scan(read("made/uuencoded.eml"));
  assert.ok(results instanceof Object && "body" in results);
  assert.equal(results.body, "hello\nbetween\nbegin 644 is no file here\nbye\n");
  assert.deepEqual(extracted.map((e) => [e.payloadMeta.extraData.filename, e.content]), [
    ["eins.bin", Uint8Array.from({ length: 100 }, (_, i) => i)],
    ["zwei datei.txt", bytes("text\n")],
  ]);
  const { blocks } = decodeUuencoded(bytes("begin-base64 644 a.txt\nSGFs\nbG8=\n====\nrest"));
  assert.deepEqual(blocks.map((block) => text(block.content)), ["Hallo"]);
});

Deno.test("omit_body leaves the bodies out and archive_attachments = no marks attachments", async () => {
  await using smtp = await openPlugin("smtp", { options: { omit_body: "True", archive_attachments: "no" } });
  const { results, extracted } = await smtp.scan(read("clamav/clam.mail"));
  assert.ok(results instanceof Object && !("body" in results) && !("body_html" in results));
  assert.equal(extracted[0]!.payloadMeta.shouldArchive, false);
});

Deno.test("indicators come from the headers and bodies that ioc_keys names, percent-encoded ones too", async () => {
  const mail = read("made/attachments.eml");
  await using all = await openPlugin("smtp", { options: { extract_iocs: "yes", omit_body: "yes" } });
  const { results } = await all.scan(mail);
  assert.ok(results instanceof Object && "iocs" in results);
  assert.deepEqual(results.iocs, {
    ipv4: ["198.51.100.7", "203.0.113.9"],
    domain: ["mx.example.net", "mail.example.org", "evil.example.net", "target.example.com"],
    url: [
      "http://evil.example.net/rechnung?u=http%3A%2F%2Ftarget.example.com%2F",
      "http://evil.example.net/",
      "http://evil.example.net/rechnung?u=http://target.example.com/",
      "http://target.example.com/",
    ],
  });
  await using some = await openPlugin("smtp", { options: { extract_iocs: "yes", ioc_keys: "From" } });
  const { results: from } = await some.scan(mail);
  assert.ok(from instanceof Object && "iocs" in from);
  assert.deepEqual(from.iocs, { email: ["mueller@example.org"], domain: ["example.org"] });
});

Deno.test("a payload that is no mail gives nothing", async () => {
  await using smtp = await openPlugin("smtp");
  for (
    const content of ["", "\n", "hello world", "note: not a mail\n", "MZ\x90\0", "From here on", "HTTP/1.1 200 OK\n\n"]
  ) {
    assert.deepEqual(await smtp.scan(content), { results: undefined, extracted: [], errors: [], dispatchTo: [] });
  }
});

Deno.test("a mail in UTF-16 or with the line ends of old Macs is read", async () => {
  await using smtp = await openPlugin("smtp");
  const mail = "\ufeffFrom: a@example.org\r\nSubject: ü\r\n\r\nbody";
  const utf16 = new Uint8Array(mail.length * 2);
  for (let i = 0; i < mail.length; i++) new DataView(utf16.buffer).setUint16(i * 2, mail.charCodeAt(i), true);
  for (const content of [utf16, bytes(mail), bytes(mail.replaceAll("\r\n", "\r"))]) {
    assert.deepEqual((await smtp.scan(content)).results, {
      from: "a@example.org",
      subject: "ü",
      body: "body",
      body_html: "",
    });
  }
});

Deno.test("what a limit or a broken structure hides is said", () => {
  const mail = (type: string, body: string) => parseMessage(bytes(`Content-Type: ${type}\n\n${body}`));
  const many = mail("multipart/mixed; boundary=b", "--b\n\nx\n".repeat(1_500));
  assert.equal(many.parts.length, 1_000);
  assert.match(many.errors[0]!, /^More than 1000 parts/);
  let deep = "deepest";
  for (let i = 0; i < 80; i++) deep = `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n${deep}\n--b${i}--\n`;
  const { parts, errors } = parseMessage(bytes(deep));
  assert.equal(parts.length, 1);
  assert.match(text(parts[0]!.content()), /deepest/);
  assert.match(errors[0]!, /^Multiparts are nested deeper than 50/);
  assert.match(mail("multipart/mixed; boundary=b", "--b\n\nx").errors[0]!, /is not closed/);
  assert.match(mail("multipart/mixed; boundary=b", "nothing").errors[0]!, /has no line with its boundary "b"/);
  assert.match(mail("multipart/mixed", "nothing").errors[0]!, /has no boundary/);
});

Deno.test("the text of a broken multipart is the body", async () => {
  await using smtp = await openPlugin("smtp");
  const { results } = await smtp.scan(read("python/msg_31.txt"));
  assert.ok(results instanceof Object && "body" in results);
  assert.match(String(results.body), /^--BOUNDARY\n/);
});

Deno.test("encodings decode what is broken as far as it goes", () => {
  assert.equal(text(decodeBase64(bytes("SGFs\nbG8=SGFs!bG8"))), "HalloHallo");
  assert.equal(text(decodeQuotedPrintable(bytes("a=\r\nb =  \n=3D=ZZ  \r\nc="))), "ab ==ZZ\r\nc");
  assert.equal(decodeCharset(bytes("+AOQ-+-+2D3eAA"), "utf-7"), "ä+\u{1f600}");
  assert.equal(decodeWords("=?utf-8?q?a?= b =?utf-8*de?Q?=c3?= =?utf-8?Q?=a4?="), "a b ä");
  assert.deepEqual(
    parseParameters(`text/plain (a (nested) comment); name="C:\\temp\\a \\"b\\".txt"; X=y ;charset = "utf-8"`),
    {
      value: "text/plain",
      parameters: new Map([["name", 'C:\\temp\\a "b".txt'], ["x", "y"], ["charset", "utf-8"]]),
    },
  );
});

Deno.test("quoted-printable and base64 of any bytes decode to them", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
    assert.deepEqual(new Uint8Array(decodeBase64(bytes(btoa(String.fromCharCode(...data))))), data);
    const quoted = [...data].map((b) => "=" + b.toString(16).toUpperCase().padStart(2, "0")).join("");
    assert.deepEqual(new Uint8Array(decodeQuotedPrintable(bytes(quoted))), data);
  }));
});

Deno.test("mutated mails never throw, and parts are never more than the mail", () => {
  const samples = [
    "made/attachments.eml",
    "made/charsets.eml",
    "made/uuencoded.eml",
    "python/msg_36.txt",
    "clamav/clam.exe.mbox.uu",
    "made/three.mbox",
  ].map(read);
  const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...bytes("-\n\r:=?\"; \t(*'")), fc.nat(255))), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(fc.constantFrom(...samples), edits, fc.nat(), (sample, changes, cut) => {
      const mutated = sample.slice(0, sample.length - cut % 200);
      for (const [at, value] of changes) mutated[at % mutated.length] = value;
      const content = normalizeText(mutated);
      const { parts } = parseMessage(content, fromLineLength(content));
      assert.ok(parts.reduce((sum, part) => sum + part.content().length, 0) <= content.length * 1.1);
      decodeUuencoded(content);
      splitMailbox(content);
    }),
    { numRuns: 400 },
  );
});

Deno.test("arbitrary bytes never throw", () => {
  const token = fc.constantFrom(
    "Content-Type: ",
    "multipart/mixed; boundary=",
    "--",
    "b",
    "\n",
    "\r\n",
    "=?utf-8?q?",
    "?=",
    ";",
    '"',
    "*0*=",
    "begin 644 x\n",
    "#",
    "end\n",
    "From ",
    " ",
    "\xe4",
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array(), fc.array(token, { maxLength: 80 }).map((tokens) => bytes(tokens.join("")))),
      (data) => {
        const content = normalizeText(data);
        for (const part of parseMessage(content, fromLineLength(content)).parts) part.content();
        decodeUuencoded(content);
        splitMailbox(content);
        decodeWords(text(content));
        parseParameters(text(content));
      },
    ),
    { numRuns: 400 },
  );
});
