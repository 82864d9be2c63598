import assert from "node:assert/strict";
import { openPlugin } from "@stoq/cli/testing";

const FOLDER = new URL("./", import.meta.url);

Deno.test("words of four letters or more come out in capitals, and as payloads", async () => {
  await using shout = await openPlugin(FOLDER);
  const { results, extracted } = await shout.scan("some words to shout");
  assert.deepEqual(results, { shouted: ["SOME", "WORDS", "SHOUT"] });
  assert.deepEqual(extracted.map(({ content }) => new TextDecoder().decode(content)), ["some", "words", "shout"]);
});

Deno.test("min_length decides what is a word", async () => {
  await using shout = await openPlugin(FOLDER, { options: { min_length: 2 } });
  assert.deepEqual((await shout.scan("go to it")).results, { shouted: ["GO", "TO", "IT"] });
});
