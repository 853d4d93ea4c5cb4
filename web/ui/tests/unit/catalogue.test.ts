import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { FluentBundle, FluentResource } from '@fluent/bundle';
import { describe, expect, it } from 'vitest';

const SRC = new URL('../../src/', import.meta.url).pathname;
const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((file) => /\.(ts|svelte)$/.test(file));
const source = files.map((file) => readFileSync(join(SRC, file), 'utf8')).join('\n');

function catalogue(lang: string): { text: string; keys: string[]; variables: Map<string, string> } {
  const text = readFileSync(join(SRC, `locales/${lang}.ftl`), 'utf8');
  const keys = [...text.matchAll(/^([a-z][a-z0-9-]*) = /gm)].map((match) => match[1] as string);
  const variables = new Map(
    [...text.matchAll(/^([a-z][a-z0-9-]*) = (.*)$/gm)].map((match) => [
      match[1] as string,
      [...new Set([...(match[2] as string).matchAll(/\$([a-z]+)/g)].map((v) => v[1]))].sort().join(' '),
    ]),
  );
  return { text, keys, variables };
}
const en = catalogue('en');
const hi = catalogue('hi');
// A key is written out wherever it is used: as the argument of m(), or as a value of a table of keys.
const called = [...source.matchAll(/\bm\(\s*'([^']+)'/g)].map((match) => match[1] as string);
const literals = new Set([...source.matchAll(/'([a-z][a-z0-9]*(?:-[a-z0-9]+)*)'/g)].map((match) => match[1] as string));
const tables = [...readFileSync(join(SRC, 'lib/keys.ts'), 'utf8').matchAll(/: '([a-z]+-[a-z0-9-]+)'/g)].map((match) => match[1] as string);

describe('the catalogues', () => {
  it('hold the same keys in both languages, each once, with the same variables', () => {
    expect(hi.keys).toEqual(en.keys);
    expect(new Set(en.keys).size).toBe(en.keys.length);
    expect(hi.variables).toEqual(en.variables);
  });
  it('hold every key that the source uses', () => {
    expect(called.length).toBeGreaterThan(50);
    expect([...called, ...tables].filter((key) => !en.keys.includes(key))).toEqual([]);
  });
  it('hold no key that nothing uses', () => {
    expect(en.keys.filter((key) => !literals.has(key) && !source.includes(`"${key}"`))).toEqual([]);
  });
  it('are read without errors', () => {
    for (const { text } of [en, hi]) expect(new FluentBundle('en').addResource(new FluentResource(text))).toEqual([]);
  });
  it('say Hindi in Devanagari', () => {
    const plain = new Set(['time-ist']);
    const latin = [...hi.text.matchAll(/^([a-z][a-z0-9-]*) = (.*)$/gm)].filter((match) => !/[\u0900-\u097F]/.test(match[2] as string) && !plain.has(match[1] as string));
    expect(latin.map((match) => match[1])).toEqual([]);
  });
  it('are the only place for words: no letters stand between tags', () => {
    // Names of the program, of languages in their switch and of a hash stay as they are everywhere.
    const allowed = new Set(['Niyam', 'नियम', 'हिं', 'EN', 'SHA-256']);
    const found = files.filter((file) => file.endsWith('.svelte')).flatMap((file) => {
      const markup = readFileSync(join(SRC, file), 'utf8').replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '');
      const words = markup.replace(/\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, ' ').replace(/<(?:"[^"]*"|'[^']*'|[^'">])*>/g, '\n');
      return words.split(/\s+/).filter((word) => /\p{L}{2}/u.test(word) && !allowed.has(word)).map((word) => `${file}: ${word}`);
    });
    expect(found).toEqual([]);
  });
});
