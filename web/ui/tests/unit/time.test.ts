import { describe, expect, it } from 'vitest';

import { clockSeconds, clockTime, day, durationMs, fromInput, moment, remaining, toInput } from '../../src/lib/time';

const at = (iso: string) => Date.parse(iso);

describe('Indian time', () => {
  it('is five and a half hours ahead of UTC, with 24 hours and ASCII digits', () => {
    expect(clockTime(at('2026-11-21T09:05:00Z'))).toBe('14:35');
    expect(clockTime(at('2026-11-21T18:30:00Z'))).toBe('00:00');
    expect(clockSeconds(at('2026-11-21T09:05:07Z'))).toBe('14:35:07');
  });
  it('names the day only when it is not today in India', () => {
    const now = at('2026-11-21T19:00:00Z'); // 22 Nov, 00:30 IST
    expect(moment(at('2026-11-21T18:45:00Z'), now, 'en')).toBe('00:15');
    expect(moment(at('2026-11-21T18:15:00Z'), now, 'en')).toBe('21 Nov 2026, 23:45');
  });
  it('keeps international digits in Hindi', () => {
    expect(day(at('2026-11-21T09:05:00Z'), 'hi')).toMatch(/^21 .* 2026$/);
  });
  it('reads and writes the input for local time without loss', () => {
    expect(fromInput('2026-11-21T14:35')).toBe(at('2026-11-21T09:05:00Z'));
    expect(toInput(at('2026-11-21T19:00:00Z'))).toBe('2026-11-22T00:30');
    expect(fromInput('2026-02-30T10:00')).toBeNull();
    expect(fromInput('21.11.2026')).toBeNull();
    expect(toInput(null)).toBe('');
  });
});

describe('a countdown', () => {
  const due = at('2026-11-21T09:05:00Z');
  it('counts whole minutes down and is late from the due second on', () => {
    expect(remaining(due, due - 599_000)).toMatchObject({ late: false, unit: 'minutes', minutes: 9 });
    expect(remaining(due, due - 59_000)).toMatchObject({ late: false, unit: 'now' });
    expect(remaining(due, due)).toMatchObject({ late: true, unit: 'now' });
    expect(remaining(due, due + 61_000)).toMatchObject({ late: true, unit: 'minutes', minutes: 1 });
  });
  it('speaks of hours and days when they are', () => {
    expect(remaining(due, due - 125 * 60_000)).toMatchObject({ unit: 'hours', hours: 2, minutes: 5 });
    expect(remaining(due, due + 26 * 3_600_000)).toMatchObject({ late: true, unit: 'days', days: 1, hours: 2 });
  });
});

it('reads lengths of time as protocols write them', () => {
  expect(durationMs('10m')).toBe(600_000);
  expect(durationMs('1h30m')).toBe(5_400_000);
  expect(durationMs('2d')).toBe(172_800_000);
  for (const none of ['', 'soon', '10', '10m later', 'm']) expect(durationMs(none)).toBeNull();
});
