// deno-lint-ignore-file
const Module = module.constructor;
const frame = (call) => {
  const envelope = Buffer.from(JSON.stringify({ type: "done", call, status: "ok" }));
  const json = Buffer.from(JSON.stringify({ results: { sha256: "forged", entropy: "forged" } }));
  const head = Buffer.alloc(12);
  head.writeUInt32LE(envelope.length, 0);
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(json.length, 8);
  return Buffer.concat([head, envelope, json]);
};
module.exports = async () => {
  const original = Module._resolveFilename;
  Module._resolveFilename = () => "node:net";
  try {
    const { Socket } = require("fs");
    const socket = new Socket({ fd: 1 });
    await new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.write(Buffer.concat([1, 2, 3, 4, 5, 6].map(frame)), (error) => error ? reject(error) : resolve());
    });
    return { gained: "written into the pipe" };
  } catch (error) {
    return { gained: null, refused: [String(error)] };
  } finally {
    Module._resolveFilename = original;
  }
};
