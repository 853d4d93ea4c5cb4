// Prints what a first visit loads, gzipped and without fonts, and fails when it passes the budget.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 200 * 1024;
const dist = new URL('../dist/', import.meta.url);
const html = readFileSync(new URL('index.html', dist), 'utf8');
const first = new Set(['index.html', ...[...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((m) => m[1])]);

let total = 0;
for (const file of first) {
  const bytes = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  total += bytes;
  console.log(`${(bytes / 1024).toFixed(1).padStart(8)} kB gzip  ${file}`);
}
const fonts = readdirSync(new URL('assets/', dist)).filter((file) => file.endsWith('.woff2'));
console.log(`${(total / 1024).toFixed(1).padStart(8)} kB gzip  first load (budget ${BUDGET_BYTES / 1024} kB), ${fonts.length} fonts apart`);
if (total > BUDGET_BYTES) {
  console.error('first load passes the budget: load the new screen lazily or drop a dependency');
  process.exit(1);
}
