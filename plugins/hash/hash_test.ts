import assert from "node:assert/strict";
import { openPlugin } from "../../testing.ts";

Deno.test("hash gives the documented digests of a payload", async () => {
  await using hash = await openPlugin("hash");
  const { results } = await hash.scan("data\n");
  assert.deepEqual(results, {
    sha256: "6667b2d1aab6a00caa5aee5af8ad9f1465e567abf1c209d15727d57b3e8f6e5f",
    md5: "6137cde4893c59f76f005a8123d8e8e6",
    sha1: "c5d84736ba451747dd5f0eb9d17e104f3697ef47",
    sha512:
      "73651d654c5ba73dd4b687f9dbbbdfc00884bf3dc1674e4cdcf762ff31778b2911e61e02b2a97c4055523eed2c4e6051b9902b0f91b4ca5b95e4c53cdf940b3d",
  });
});
