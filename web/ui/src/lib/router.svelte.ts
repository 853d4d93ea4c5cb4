/** A small router over the History API: the address is the state, links stay links. */

import { routeOf } from './routes';

class Router {
  path = $state(location.pathname);
  query = $state(location.search);
  route = $derived(routeOf(this.path));

  start(): void {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#follow(event));
  }
  go(to: string): void {
    history.pushState(null, '', to);
    this.#read();
    scrollTo(0, 0);
  }
  /** Changes the query without a new entry in the history: filters. */
  setQuery(params: URLSearchParams): void {
    const query = params.toString();
    history.replaceState(null, '', query === '' ? this.path : `${this.path}?${query}`);
    this.#read();
  }
  #read(): void {
    this.path = location.pathname;
    this.query = location.search;
  }
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.('a');
    if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const router = new Router();
