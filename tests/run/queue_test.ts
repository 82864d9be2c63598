import assert from "node:assert/strict";
import { BoundedQueue } from "../../core/queue.ts";

/** Lets everything happen that can. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("items come out in the order in which they went in, also to those who waited", async () => {
  const queue = new BoundedQueue<number>(2);
  const waited = [queue.take(), queue.take()];
  for (const item of [1, 2, 3]) queue.put(item);
  assert.deepEqual(await Promise.all(waited), [1, 2]);
  assert.equal(await queue.take(), 3);
});

Deno.test("there is room until the queue is full, and again when something was taken", async () => {
  const queue = new BoundedQueue<number>(2);
  queue.put(1);
  await queue.hasRoom();
  queue.put(2);
  let room = false;
  const waiting = queue.hasRoom().then(() => room = true);
  await settled();
  assert.equal(room, false);
  await queue.take();
  await waiting;
});

Deno.test("all who wait hear of room, so that one who then brings nothing does not keep the others waiting", async () => {
  const queue = new BoundedQueue<number>(1);
  queue.put(1);
  let told = 0;
  for (let i = 0; i < 2; i++) void queue.hasRoom().then(() => told++);
  await queue.take();
  await settled();
  assert.equal(told, 2);
});

Deno.test("a closed queue gives what is in it, then nothing; whoever waits is told", async () => {
  const queue = new BoundedQueue<number>(1);
  queue.put(1);
  const room = queue.hasRoom();
  queue.close();
  await room;
  assert.equal(queue.put(2), false);
  assert.equal(await queue.take(), 1);
  assert.equal(await queue.take(), null);
  const empty = new BoundedQueue<number>(1);
  const taker = empty.take();
  empty.close();
  assert.equal(await taker, null);
});

Deno.test("a cleared queue is closed, and tells what it dropped", async () => {
  const queue = new BoundedQueue<number>(5);
  queue.put(1);
  queue.put(2);
  assert.deepEqual(queue.clear(), [1, 2]);
  assert.equal(queue.length, 0);
  assert.equal(await queue.take(), null);
});
