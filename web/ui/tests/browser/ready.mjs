// Waits until a server answers and its demonstration has cases to look at.
//   node tests/browser/ready.mjs --base URL --seconds N [--pid PID]
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { options } from './browser.mjs';

const { base, seconds, pid } = options();
const end = Date.now() + Number(seconds) * 1000;

/** A child that has ended and that nobody has waited for yet still has a number: its state says so. */
const alive = () => {
  if (pid === undefined) return true;
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
async function ready() {
  try {
    const soon = () => ({ signal: AbortSignal.timeout(10_000) });
    if (!(await fetch(`${base}/healthz`, soon())).ok) return false;
    const { cases } = await (await fetch(`${base}/api/v1/board?open=true`, soon())).json();
    return cases.length >= 3;
  } catch {
    return false;
  }
}

let answer = await ready();
while (!answer && alive() && Date.now() < end) {
  await pause(250);
  answer = await ready();
}
process.exit(answer ? 0 : 1);
