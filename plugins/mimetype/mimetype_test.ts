import assert from "node:assert/strict";
import fc from "fast-check";
import { openPlugin } from "../../testing.ts";
import { loadLibmagic } from "./libmagic.ts";
import { requiredLiterals } from "./magic_database.ts";
import MimeType from "./mimetype.ts";

const SAMPLES = new URL("./testdata/samples/", import.meta.url);
const NAMES = [...Deno.readDirSync(SAMPLES)].map((entry) => entry.name).sort();

/** Where the packaged libmagic 5.48 says something else than `file` 5.44. */
const DIFFERENCES: Record<string, string> = {
  "cert.pem": "application/x-pem-file", // newer than 5.44
  "clam.exe.mbox.uu": "application/mbox", // newer than 5.44
  "empty": "application/x-empty", // libmagic's word for an empty buffer; `file` speaks of the inode
};

const sample = (name: string) => Deno.readFileSync(new URL(name, SAMPLES));

Deno.test("mimetype gives the types that file gives", async () => {
  const expected: Record<string, string> = JSON.parse(
    await Deno.readTextFile(new URL("./testdata/file.json", import.meta.url)),
  );
  await using mimetype = await openPlugin("mimetype");
  const actual: Record<string, unknown> = {};
  for (const name of NAMES) actual[name] = (await mimetype.scan(sample(name))).results;
  assert.deepEqual(
    actual,
    Object.fromEntries(NAMES.map((name) => [name, { mimetype: DIFFERENCES[name] ?? expected[name] }])),
  );
});

Deno.test("mimetype looks beyond the first 1,000 bytes", async () => {
  const tar = sample("plain.tar");
  const iso = new Uint8Array(40_000);
  iso.set(new TextEncoder().encode("\x01CD001\x01"), 32_768); // ECMA-119, section 8.1: sector 16
  await using mimetype = await openPlugin("mimetype");
  assert.deepEqual((await mimetype.scan(iso)).results, { mimetype: "application/x-iso9660-image" });
  assert.deepEqual((await mimetype.scan(tar)).results, { mimetype: "application/x-tar" });
});

Deno.test("mimetype bounds what it hands to libmagic", async () => {
  const large = new Uint8Array(64 * 1024 * 1024);
  large.set(sample("clam.pdf"));
  await using mimetype = await openPlugin("mimetype");
  assert.deepEqual((await mimetype.scan(large)).results, { mimetype: "application/pdf" });
});

Deno.test("a ZIP file that libmagic does not name is still a ZIP file, other data stays unknown", async () => {
  await using mimetype = await openPlugin("mimetype");
  assert.deepEqual((await mimetype.scan(sample("four.zip"))).results, { mimetype: "application/zip" });
  assert.deepEqual((await mimetype.scan(sample("random"))).results, { mimetype: "application/octet-stream" });
});

Deno.test("libmagic writes nothing to the console", async (t) => {
  const wasm = await Deno.readFile(new URL(import.meta.resolve("wasmagic/dist/libmagic-wrapper.wasm")));
  const { log, error } = console;
  const written: unknown[] = [];
  console.log = console.error = (...values: unknown[]) => void written.push(values);
  try {
    const detect = await loadLibmagic(wasm, () => {});
    for (const name of NAMES) detect(sample(name));
  } finally {
    Object.assign(console, { log, error });
  }
  assert.deepEqual(written, []);
  await t.step("and a file that is no WebAssembly is refused", async () => {
    await assert.rejects(loadLibmagic(new Uint8Array(8), () => {}), WebAssembly.CompileError);
  });
});

/** Samples cut off anywhere and with some bytes written over. */
const DAMAGED = fc.record({
  name: fc.constantFrom(...NAMES),
  cut: fc.double({ min: 0, max: 1, noNaN: true }),
  writes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 16 }),
}).map(({ name, cut, writes }) => {
  const whole = sample(name);
  const bytes = whole.slice(0, Math.ceil(whole.length * cut));
  for (const [place, value] of writes) bytes[Math.floor(place * bytes.length)] = value;
  return bytes;
});

/** What programs, documents and configuration files begin with or have in their first lines, and what is near it. */
const WORDS = [
  ..."\n\n\n\t\r 0:;.#%<>{}()".split(""),
  ..."#!/bin/sh,#!/usr/bin/env,perl,python3,<?php,<?xml,version='1.0',<!DOCTYPE html,<svg,<HTML>,<!--,#include,import ,class ,def "
    .split(","),
  ..."struct,typedef,package ,'use strict',module.exports=,=head1 ,=pod,.TH,.\\\",from ,Received:,Subject: ,-----BEGIN,%!PS,{\\rtf"
    .split(","),
  ..."BEGIN,WEBVTT,digraph,@article{,PROC,SECTION,HEADER,C ,c\t,p0.1,@title,rxfuncadd,(ns a,^{:,dnl,ü,日本,\u{1f600},\ufeff,\0"
    .split(","),
];
const TEXT = fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) =>
  new TextEncoder().encode(words.join(""))
);

Deno.test("types are the same once prepared for many payloads", async (t) => {
  const wasm = await Deno.readFile(new URL(import.meta.resolve("wasmagic/dist/libmagic-wrapper.wasm")));
  const prepared = await loadLibmagic(wasm, () => {}, 1);
  const unprepared = await loadLibmagic(wasm, () => {}, Infinity);
  const same = (bytes: Uint8Array, what?: string) => assert.equal(prepared(bytes), unprepared(bytes), what);

  await t.step("of samples, and of the same again", () => {
    for (const name of [...NAMES, ...NAMES]) same(sample(name), name);
  });
  await t.step("of samples with something before them, byte order marks too", () => {
    for (const before of ["\ufeff", "\n", " ", "\0", "a", "\u00fc"]) {
      for (const name of NAMES) same(new Uint8Array([...new TextEncoder().encode(before), ...sample(name)]), name);
    }
  });
  await t.step("of text and data of more than what is looked at", () => {
    for (const length of [8_190, 65_534, 65_536, 65_540, 200_000]) {
      for (const fill of [0x20, 0x41, 0x00, 0x0a, 0x07, 0xe4]) {
        const bytes = new Uint8Array(length + 64).fill(fill);
        for (const [text, at] of [["'use strict'", length - 14], ["DWARFS", length], ["\r\n@title", length]] as const) {
          bytes.set(new TextEncoder().encode(text), at);
          same(bytes, `${length} of ${fill}, ${text}`);
        }
      }
    }
  });
  await t.step("of anything", () => {
    const latin1 = TEXT.map((text) => new Uint8Array([0xe4, ...text]));
    const anything = fc.oneof(fc.uint8Array({ maxLength: 64 }), DAMAGED, TEXT, TEXT, latin1);
    fc.assert(fc.property(anything, (bytes) => same(bytes)), { numRuns: 2000 });
  });
});

Deno.test("strings that a text needs to match a regular expression", () => {
  const cases: [string, string[] | undefined][] = [
    ["abc", ["abc"]],
    ["^abc$", ["\nabc"]],
    ["ab?cd", ["cd"]],
    ["ab+cde?", ["ab"]],
    ["AB*xyz{0,3}", ["xy"]],
    ["xyz{2}", ["xyz"]],
    ["(import|export).* from here", [" from here"]],
    ["^(CFLAGS|all:)", ["cflags", "all:"]],
    ["(ab|c*)", undefined],
    ["(abcd)?xy", ["xy"]],
    ["a|b", undefined],
    ["^\\.[ab]", ["\n.a", "\n.b"]],
    ["x[[:space:]]y", ["\t", "\n", "\v", "\f", "\r", " "].map((char) => `x${char}y`)],
    ["[[:alpha:]]xy", ["xy"]],
    ["[^]a]xy[]-]", ["xy]", "xy-"]],
    ["[a-z][a-z]xy", ["xy"]],
    ["\\(;.*GM\\[[0-9]{1,2}\\]", [..."0123456789"].map((digit) => `gm[${digit}`)],
    ["[Cc]lass", ["class"]],
    ["ab\\d", undefined],
    ["(ab", undefined],
    ["ab)", undefined],
    ["[ab", undefined],
    ["ab{x}", undefined],
    ["*ab", undefined],
    ["äöü", undefined],
  ];
  for (const [source, literals] of cases) assert.deepEqual(requiredLiterals(source, true), literals, source);
  assert.deepEqual(requiredLiterals("^abc", false), ["abc"]);
});

Deno.test("arbitrary and damaged bytes always have a MIME type", async () => {
  await using mimetype = await openPlugin("mimetype");
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 512 }), DAMAGED), async (bytes) => {
      const { results, errors } = await mimetype.scan(bytes);
      assert.deepEqual(errors, []);
      assert.match(JSON.stringify(results), /^\{"mimetype":"[\w.+-]+\/[\w.+-]+"\}$/);
    }),
    { numRuns: 400 },
  );
});

Deno.test("a failure of libmagic is one error, and the next payload gets a fresh one", async () => {
  const wasm = await Deno.readFile(new URL(import.meta.resolve("wasmagic/dist/libmagic-wrapper.wasm")));
  const assets = [new Uint8Array(8), wasm];
  const plugin = new MimeType({
    asset: () => Promise.resolve(assets.shift() ?? new Uint8Array()),
    log: { debug() {} },
  });
  const first = await plugin.scan({ content: sample("clam.pdf") });
  assert.equal(first.results, undefined);
  assert.match(first.errors?.join("\n") ?? "", /^libmagic failed: WebAssembly\.compile\(\).*$/);
  assert.deepEqual(await plugin.scan({ content: sample("clam.pdf") }), { results: { mimetype: "application/pdf" } });
  assert.deepEqual(await plugin.scan({ content: sample("clam.zip") }), { results: { mimetype: "application/zip" } });
});
