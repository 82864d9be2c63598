import assert from "node:assert/strict";
import { makeGate } from "./board.ts";
import { allGone, descendants, Home, isRunning, onLinux } from "./support.ts";

/** A base directory whose run has two payloads in flight, held at the gate, and more that wait. */
function homeWithGate(core: Record<string, string | number> = {}): Home {
  return new Home().addPlugin("source", "source", { count: 10 }).withPlugins("gate", "sink")
    .configure({ provider_consumers: 2, max_queue: 3, log_level: "critical", ...core });
}

const RUN = ["run", "-P", "source", "-C", "sink", "-a", "gate"];

/** Adds a worker that tells the board of a payload, then comes back no more; should nobody stop it, its timeout does. */
function addLoop(home: Home): Home {
  return home.writePlugin(
    "loop",
    `export default class {
      constructor({ options }) { this.board = options.getString("board"); }
      async scan({ payloadMeta }) {
        const body = JSON.stringify({ event: "loop has " + payloadMeta.extraData.filename });
        await (await fetch("http://" + this.board, { method: "POST", body })).text();
        for (;;);
      }
    }`,
    `[options]\nboard = ${home.board.address}\n[permissions]\nnet = {board}\n[limits]\ntimeout = 12`,
  );
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test({
    ...onLinux(`${signal} lets what is in flight be finished, and takes nothing more`),
    fn: async () => {
      await using home = homeWithGate();
      const { board } = home;
      const gate = makeGate();
      board.answer = (event) => event.startsWith("gate has") ? gate.opened : "";
      const command = home.start(RUN);
      await board.until("gate has", 2);
      command.kill(signal);
      await command.shown("stderr", /^stoq: finishing what is in flight; once more stops at once$/m);
      gate.open();
      const { code, stderr } = await command.ended();
      assert.equal(code, 0, stderr);
      assert.deepEqual(board.those("gate has").length, 2);
      assert.deepEqual(board.those("sink saves").sort(), ["sink saves source 0", "sink saves source 1"]);
      assert.equal(board.those("source hears of").length, 2);
      assert.match(stderr, /^stoq: 2 done in [\d.]+ s .*, 0 not delivered(, \d+ not finished)?, stopped$/m);
      assert.deepEqual(home.names("dead_letters"), []);
    },
  });
}

Deno.test({
  ...onLinux("a second SIGINT stops at once, with status 130, and leaves no process"),
  fn: async () => {
    await using home = homeWithGate();
    const { board } = home;
    const gate = makeGate();
    board.answer = (event) => event.startsWith("gate has") ? gate.opened : "";
    const command = home.start(RUN);
    await board.until("gate has", 2);
    const processes = descendants(command.pid);
    assert.ok(processes.length >= 3, "provider, worker and connector have a process each");
    command.kill("SIGINT");
    await command.shown("stderr", /once more stops at once/);
    command.kill("SIGINT");
    const { code } = await command.ended();
    assert.equal(code, 130);
    await allGone(processes);
    assert.deepEqual(board.those("sink saves"), []);
    assert.deepEqual(board.those("source hears of"), []);
    gate.open();
  },
});

Deno.test("a run that its caller stops finishes what is in flight, and says what is left", async () => {
  await using home = homeWithGate();
  const { board } = home;
  const gate = makeGate();
  board.answer = (event) => event.startsWith("gate has") ? gate.opened : "";
  const stop = new AbortController();
  const run = home.run({ providers: ["source"], connectors: ["sink"], alwaysDispatch: ["gate"] }, {
    signal: stop.signal,
  });
  await board.until("gate has", 2);
  // All that there is room for, and the one that is on its way.
  await board.until("source gives", 5);
  stop.abort();
  gate.open();
  const { done, stopped, unfinished, inFlight, failures } = await run;
  assert.deepEqual({ done, stopped, inFlight, failures }, { done: 2, stopped: true, inFlight: 0, failures: [] });
  assert.ok(unfinished >= 2 && unfinished <= 3, `${unfinished} were queued`);
  assert.equal(board.those("source hears of").length, 2);
});

Deno.test("a run that was stopped before it began asks for nothing", async () => {
  await using home = homeWithGate();
  const { done, stopped } = await home.run({ providers: ["source"], connectors: ["sink"] }, {
    signal: AbortSignal.abort(),
  });
  assert.deepEqual({ done, stopped }, { done: 0, stopped: true });
  assert.deepEqual(home.board.events, []);
});

Deno.test({
  ...onLinux("a provider that waits for something to come does not hold up the end"),
  fn: async () => {
    await using home = new Home().withPlugins("source", "sink");
    const { board } = home;
    const never = makeGate();
    board.answer = (event) => event.startsWith("source gives") ? never.opened : "";
    const command = home.start(["run", "-P", "source", "-C", "sink"]);
    await board.until("source gives");
    const processes = descendants(command.pid);
    command.kill("SIGTERM");
    const { code, stderr } = await command.ended();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^stoq: 0 done in .*, stopped$/m);
    await allGone(processes);
    never.open();
  },
});

for (const [when, exhausted] of [["while its providers wait", false], ["when they are exhausted", true]] as const) {
  Deno.test({
    ...onLinux(`a run stopped ${when} leaves what takes longer than shutdown_timeout as it was`),
    fn: async () => {
      await using home = addLoop(new Home().addPlugin("source", "source", { count: 2 }).withPlugins("sink"))
        .configure({ shutdown_timeout: 1, log_level: "critical" });
      const { board } = home;
      const never = makeGate();
      board.answer = (event) => event !== "source gives source 1" ? "" : exhausted ? "end" : never.opened;
      const command = home.start(["run", "-P", "source", "-C", "sink", "-a", "loop"]);
      await Promise.all([board.until("loop has source 0"), board.until("source gives source 1")]);
      const processes = descendants(command.pid);
      command.kill("SIGTERM");
      const { stderr } = await command.ended();
      assert.match(stderr, /^stoq: 0 done in .*, 1 not finished, stopped$/m);
      await allGone(processes);
      assert.deepEqual(board.those("sink saves"), []);
      assert.deepEqual(board.those("source hears of"), []);
      assert.deepEqual(home.names("dead_letters"), []);
      never.open();
    },
  });
}

Deno.test({
  ...onLinux("a run stopped when its providers are exhausted does not scan what still waits"),
  fn: async () => {
    await using home = homeWithGate({ max_queue: 20 });
    const { board } = home;
    const gate = makeGate();
    board.answer = (event) => event.startsWith("gate has") ? gate.opened : "";
    const stop = new AbortController();
    const run = home.run({ providers: ["source"], connectors: ["sink"], alwaysDispatch: ["gate"] }, {
      signal: stop.signal,
    });
    await Promise.all([board.until("gate has", 2), board.until("source gives", 10)]);
    // The provider's last answer, that there is no more, comes before this: both go the same way.
    await using other = home.open();
    await other.loadPlugin("source");
    stop.abort();
    gate.open();
    const { done, unfinished, stopped } = await run;
    assert.deepEqual({ done, stopped }, { done: 2, stopped: true });
    assert.ok(unfinished >= 7, `${unfinished} waited, and perhaps one was on its way`);
    assert.equal(board.those("source hears of").length, 2);
  },
});

Deno.test({
  ...onLinux("no process is left after the command was killed, not even one that loops"),
  fn: async () => {
    await using home = addLoop(homeWithGate({ sandboxes: 2 }));
    const { board } = home;
    const gate = makeGate();
    board.answer = (event) => event.startsWith("gate has") ? gate.opened : "";
    const command = home.start([...RUN, "loop", "hash"]);
    await board.until("gate has", 2);
    await board.until("loop has");
    const processes = descendants(command.pid);
    assert.ok(processes.length >= 4 && processes.every(isRunning));
    command.kill("SIGKILL");
    assert.equal((await command.ended()).signal, "SIGKILL");
    await allGone(processes);
    gate.open();
  },
});

Deno.test({
  ...onLinux("no process is left after a run that came to its end"),
  fn: async () => {
    await using home = new Home().withPlugins("source", "gate", "sink");
    const { board } = home;
    const gate = makeGate();
    board.answer = (event) => event.startsWith("gate has") ? gate.opened : "";
    const command = home.start([...RUN, "hash"]);
    await board.until("gate has");
    const processes = descendants(command.pid);
    gate.open();
    assert.equal((await command.ended()).code, 0);
    assert.deepEqual(processes.filter(isRunning), []);
  },
});
