/**
 * How fresh the screen is. Changes come as server-sent events; when those fail, polling takes over by itself, and when
 * polling fails too the screen says since when it has known nothing.
 */

import { api, onAnswer } from './api';
import { clock } from './clock.svelte';

/** `live`: events arrive. `polling`: answers arrive, events do not. `lost`: nothing arrives. */
export type Connection = 'starting' | 'live' | 'polling' | 'lost';
/** A change of one case, or `null`: something may have changed, look again. */
export type Change = { case: string | null; number: number | null } | null;

const POLL_MS = 5_000;
/** While events arrive a slow look makes sure that a silent line is not taken for a quiet night. */
const CHECK_MS = 20_000;
/** A single slow answer is no lost connection. */
const LOST_AFTER_MS = 8_000;

class Live {
  #open = $state(false);
  #failing = $state(false);
  #started = $state(false);
  #silent = $state(false);
  /** The server's time at the last answer or event, ms since the epoch. */
  lastGood = $state(Date.now());
  #heard = Date.now();
  #listeners = new Set<(change: Change) => void>();
  #source: EventSource | null = null;
  #lastPoll = 0;

  connection: Connection = $derived.by(() => {
    if (!this.#started) return 'starting';
    if (this.#failing && this.#silent) return 'lost';
    return this.#open && !this.#failing ? 'live' : 'polling';
  });

  start(): void {
    onAnswer((ok) => {
      this.#started = true;
      this.#failing = !ok;
      if (ok) this.#good();
    });
    this.#listen();
    setInterval(() => this.#poll(), 1000);
    addEventListener('online', () => this.#again());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#again();
    });
  }
  /** Calls back on every change; returns how to stop. */
  on(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  /** Something arrived. While requests fail, events alone do not make the screen true: it cannot fetch what they announce. */
  #good(): void {
    if (this.#failing) return;
    clock.tick();
    this.lastGood = clock.now;
    this.#heard = Date.now();
    this.#silent = false;
  }
  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
  #listen(): void {
    this.#source?.close();
    const source = new EventSource('/api/v1/stream');
    this.#source = source;
    source.addEventListener('open', () => {
      this.#open = true;
      this.#started = true;
      this.#good();
    });
    source.addEventListener('hello', (event) => {
      this.#good();
      const said = JSON.parse((event as MessageEvent<string>).data) as { now?: string };
      if (said.now !== undefined) clock.set(said.now);
      this.#good();
      this.#tell(null);
    });
    source.addEventListener('change', (event) => {
      this.#good();
      this.#tell(JSON.parse((event as MessageEvent<string>).data) as Change);
    });
    source.addEventListener('error', () => {
      this.#open = false;
    });
  }
  #again(): void {
    this.#lastPoll = 0;
    if (this.#source?.readyState === EventSource.CLOSED) this.#listen();
  }
  #poll(): void {
    this.#silent = Date.now() - this.#heard > LOST_AFTER_MS;
    const wait = this.connection === 'live' ? CHECK_MS : POLL_MS;
    if (Date.now() - this.#lastPoll < wait || document.visibilityState === 'hidden') return;
    const first = this.#lastPoll === 0;
    this.#lastPoll = Date.now();
    if (first && this.connection !== 'lost') return;
    if (this.#source?.readyState === EventSource.CLOSED) this.#listen();
    // The screens fetch what they show; without any screen listening the session is asked, to know the line is up.
    if (this.#listeners.size > 0) this.#tell(null);
    else void api.session().catch(() => undefined);
  }
}

export const live = new Live();
