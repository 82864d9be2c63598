import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Waits until no other process installs or uninstalls. The lock is the system's, on an open file: it ends with the process that has it,
 * however that ends.
 *
 * @param lockFile The lock file whose plugins are about to change.
 * @param show Told if there is something to wait for.
 */
export async function oneAtATime(lockFile: string, show: (line: string) => void): Promise<Disposable> {
  await mkdir(dirname(lockFile), { recursive: true });
  const file = await Deno.open(join(dirname(lockFile), ".stoq-installing"), { create: true, write: true });
  try {
    if (!await file.tryLock(true)) {
      show("stoq: another install is under way: waiting for it");
      await file.lock(true);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}
