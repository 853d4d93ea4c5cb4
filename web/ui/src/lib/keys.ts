/** Keys of the catalogue for words that come as codes in the data. The test of the catalogues reads this file too. */

import type { EntryKind, Level, Life, Stage } from './api';
import type { SectionName } from './board';

export const STAGE_KEY: Record<Stage, string> = {
  intake: 'stage-intake',
  verification: 'stage-verification',
  assignment: 'stage-assignment',
  visit: 'stage-visit',
  closure: 'stage-closure',
};
export const LEVEL_KEY: Record<Level, string> = {
  red: 'level-red',
  orange: 'level-orange',
  yellow: 'level-yellow',
  green: 'level-green',
};
export const LIFE_KEY: Record<Life, string> = { open: 'life-open', closed: 'life-closed', halted: 'life-halted' };
export const SECTION_KEY: Record<SectionName, string> = {
  overdue: 'section-overdue',
  unowned: 'section-unowned',
  open: 'section-open',
  closed: 'section-closed',
};
export const ENTRY_KEY: Record<EntryKind, string> = {
  opened: 'entry-opened',
  joined: 'entry-joined',
  act: 'entry-act',
  recorded: 'entry-recorded',
  clock: 'entry-clock',
  delivery: 'entry-delivery',
  external: 'entry-external',
  moved: 'entry-moved',
  refused: 'entry-refused',
  halted: 'entry-halted',
};
export const STATUS_KEY: Record<'waiting' | 'done' | 'failed', string> = {
  waiting: 'told-waiting',
  done: 'told-done',
  failed: 'told-failed',
};
export const BY_KEY: Record<'default' | 'alert' | 'person' | 'rule', string> = {
  default: 'by-default',
  alert: 'by-alert',
  person: 'by-person',
  rule: 'by-rule',
};
const RELATION_KEY: Record<string, string> = {
  new: 'relation-new',
  linked: 'relation-linked',
  duplicate: 'relation-duplicate',
  update: 'relation-update',
  location: 'relation-location',
  stop: 'relation-stop',
  reopened: 'relation-reopened',
};
const SOURCE_KEY: Record<string, string> = {
  mail: 'source-mail',
  meta_email: 'source-meta-email',
  x_email: 'source-x-email',
  citizen_email: 'source-citizen-email',
  webhook: 'source-webhook',
  meta_webhook: 'source-meta-webhook',
  x: 'source-x',
  x_mention: 'source-x-mention',
  x_dm: 'source-x-dm',
  ksos: 'source-ksos',
  ksos_panic: 'source-ksos-panic',
  ksos_location: 'source-ksos-location',
  ksos_stop: 'source-ksos-stop',
  note: 'source-note',
  operator_note: 'source-note',
  other: 'source-other',
};
const CLASS_KEY: Record<string, string> = {
  unread: 'class-unread',
  alert: 'class-alert',
  needs_review: 'class-needs-review',
  filed: 'class-filed',
};
/** Names of platforms are names: the same in both languages. */
const PLATFORM: Record<string, string> = {
  facebook: 'Facebook',
  instagram: 'Instagram',
  whatsapp: 'WhatsApp',
  x: 'X',
  twitter: 'X',
  youtube: 'YouTube',
  threads: 'Threads',
  snapchat: 'Snapchat',
  telegram: 'Telegram',
  ksos: 'K-SOS',
  'k-sos': 'K-SOS',
};

export const relationKey = (relation: string): string | null => RELATION_KEY[relation] ?? null;
/** A source that this page does not know is named by its family, and never by its code. */
export const sourceKey = (source: string): string => SOURCE_KEY[source] ?? SOURCE_KEY[source.split(/[_:.]/)[0] ?? source] ?? 'source-other';
export const classKey = (kind: string): string | null => CLASS_KEY[kind] ?? null;
export const platformName = (platform: string): string => PLATFORM[platform.toLowerCase()] ?? platform;
