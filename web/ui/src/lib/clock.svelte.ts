/** The server's time on this screen: our own clock corrected by what the server last said, ticking each second. */

class ServerClock {
  #offset = 0;
  now = $state(Date.now());

  constructor() {
    setInterval(() => this.tick(), 1000);
  }
  tick(): void {
    this.now = Date.now() + this.#offset;
  }
  /** Takes over the server's time, as it stood when the answer was made. */
  set(serverNow: string): void {
    const said = Date.parse(serverNow);
    if (Number.isNaN(said)) return;
    this.#offset = said - Date.now();
    this.tick();
  }
}

export const clock = new ServerClock();
