/** Which screen an address shows. */

export type Route =
  | { name: 'board' }
  | { name: 'case'; id: string }
  | { name: 'filed' }
  | { name: 'protocols' }
  | { name: 'protocol'; id: string }
  | { name: 'intake' }
  | { name: 'help' }
  | { name: 'missing' };

/** What an address shows. */
export function routeOf(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  const [first, second, third] = parts;
  if (third !== undefined) return { name: 'missing' };
  if (first === undefined) return { name: 'board' };
  if (second !== undefined) {
    let id: string;
    try {
      id = decodeURIComponent(second);
    } catch {
      return { name: 'missing' };
    }
    if (first === 'cases') return { name: 'case', id };
    return first === 'protocols' ? { name: 'protocol', id } : { name: 'missing' };
  }
  if (first === 'filed' || first === 'protocols' || first === 'intake' || first === 'help') return { name: first };
  return first === 'cases' ? { name: 'board' } : { name: 'missing' };
}
