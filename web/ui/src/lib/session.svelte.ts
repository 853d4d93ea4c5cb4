/** Who acts here. In a demo the person can be switched. */

import { api, type Session } from './api';
import { clock } from './clock.svelte';

class Sessions {
  value = $state<Session | null>(null);
  /** Counts the switches, so that screens load again what depends on the person. */
  turn = $state(0);

  async load(): Promise<void> {
    try {
      this.value = await api.session();
      clock.setRate(this.value.clock_rate ?? 1);
    } catch {
      // The connection line says that the server does not answer; the next change tries again.
    }
  }
  async actAs(person: string): Promise<void> {
    this.value = await api.actAs(person);
    this.turn += 1;
  }
  /** The label of a role as far as the people of the session show it; its id otherwise. */
  role(id: string): { en: string; hi: string } | string {
    return this.value?.people.find((p) => p.role === id)?.role_label ?? id.replaceAll('_', ' ');
  }
}

export const session = new Sessions();
