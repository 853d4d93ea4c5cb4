import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { parcelOf } from '../../src/lib/intake';
import { routeOf } from '../../src/lib/routes';

describe('an alert that is sent in', () => {
  it('goes where its text belongs', () => {
    expect(parcelOf('From: a@example.org\nSubject: x\n\nhello').channel).toBe('mail');
    expect(parcelOf('फ़ोन पर सूचना: एक छात्र').channel).toBe('note');
    expect(parcelOf('From the warden we heard that').channel).toBe('note');
    expect(parcelOf('{"object":"alert","entry":[]}').channel).toBe('webhook');
    expect(parcelOf('  {"tweet_create_events":[]}').channel).toBe('x');
    expect(parcelOf('{"type":"panic","session_id":"S-1"}').channel).toBe('ksos');
    expect(parcelOf('', 'forwarded.EML').channel).toBe('mail');
  });
  const samples = new URL('../../../../../shared/data/sample-alerts/', import.meta.url).pathname;
  it.skipIf(!existsSync(samples))('is told apart for every sample beside the checkout', () => {
    const channel = (file: string) =>
      file.endsWith('.eml') ? 'mail' : file.includes('ksos') ? 'ksos' : file.includes('-x-') ? 'x' : 'webhook';
    const files = readdirSync(samples).filter((file) => /^\d.*\.(eml|json)$/.test(file));
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const text = readFileSync(join(samples, file), 'utf8');
      expect([file, parcelOf(text.slice(0, 4000), file).channel]).toEqual([file, channel(file)]);
    }
  });
});

describe('addresses', () => {
  it('name their screen', () => {
    expect(routeOf('/')).toEqual({ name: 'board' });
    expect(routeOf('/cases/case_0199')).toEqual({ name: 'case', id: 'case_0199' });
    expect(routeOf('/protocols/k-sos/')).toEqual({ name: 'protocol', id: 'k-sos' });
    for (const screen of ['filed', 'protocols', 'intake', 'help']) expect(routeOf(`/${screen}`)).toEqual({ name: screen });
    for (const wrong of ['/nowhere', '/cases/a/b', '/filed/x', '/cases/%E0%A4%A']) expect(routeOf(wrong)).toEqual({ name: 'missing' });
  });
});
