/** The server's time on this screen: as it last said, going on from there each second at the server's pace. */

class ServerClock {
  #said = Date.now();
  #heard = Date.now();
  /** Seconds per second: more than 1 only in a demo that runs fast. */
  #rate = 1;
  now = $state(Date.now());

  constructor() {
    setInterval(() => this.tick(), 1000);
  }
  tick(): void {
    this.now = this.#said + (Date.now() - this.#heard) * this.#rate;
  }
  /** Takes over the server's time, as it stood when the answer was made. */
  set(serverNow: string): void {
    const said = Date.parse(serverNow);
    if (Number.isNaN(said)) return;
    this.#said = said;
    this.#heard = Date.now();
    this.tick();
  }
  setRate(rate: number): void {
    this.tick();
    this.#said = this.now;
    this.#heard = Date.now();
    this.#rate = rate;
  }
}

export const clock = new ServerClock();
