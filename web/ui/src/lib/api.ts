/**
 * The HTTP API as the screens see it: types of `/api/v1` and one function per call.
 *
 * Times are RFC 3339 in UTC, texts exist in both languages, and every failure arrives as an {@link ApiError}.
 */

/** A text in both languages. */
export interface Text {
  en: string;
  hi: string;
}
export type Stage = 'intake' | 'verification' | 'assignment' | 'visit' | 'closure';
export type Level = 'red' | 'orange' | 'yellow' | 'green';
export type Life = 'open' | 'closed' | 'halted';
export interface Unit {
  code: string;
  name: Text;
}
export interface Person {
  id: string;
  name: Text;
  role: string;
  role_label: Text;
  unit: Unit;
}
export interface Session {
  demo: boolean;
  /** Seconds that pass in the demo per second; 1 outside it. */
  clock_rate?: number;
  me: Person | null;
  people: Person[];
}
export interface StateRef {
  id: string;
  label: Text;
}
export interface Owner {
  role_label: Text;
  unit_name: Text | null;
  person_name: Text | null;
}
export interface Due {
  at: string;
  label: Text;
  state: string;
}
export interface Card {
  id: string;
  number: string;
  protocol: { name: string; title: Text };
  stage: Stage;
  states: StateRef[];
  life: Life;
  outcome: string | null;
  level: Level | null;
  level_label: Text | null;
  platform: string | null;
  source: string;
  /** Whether the person is under 18; `null` when nobody said. */
  minor: boolean | string | null;
  unit: Unit | null;
  owner: Owner | null;
  opened_at: string;
  last_event_at: string;
  due: Due | null;
  /** The clock that has run out longest and was not answered; absent from older servers. */
  overdue_since?: Due | null;
  overdue: boolean;
  unowned: boolean;
  drill: boolean;
  alerts: number;
}
export interface Counts {
  open: number;
  overdue: number;
  unowned: number;
  closed_today: number;
}
export interface BoardAnswer {
  now: string;
  cases: Card[];
  counts: Counts;
}
/** Part of an alert's text, in Unicode scalar values, end exclusive. */
export interface Span {
  alert: string;
  part: number;
  start: number;
  end: number;
}
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export interface Fact {
  name: string;
  label: Text;
  type: string;
  value: Json;
  value_label: Text | null;
  sealed: boolean;
  readable: boolean;
  by: { kind: 'default' | 'alert' | 'person' | 'rule'; text: Text | string } | null;
  at: string | null;
  event: number | null;
  spans: Span[];
}
export interface CaseAlert {
  id: string;
  received_at: string;
  source: string;
  relation: string;
  sha256: string;
  bytes: number;
}
export interface Clock {
  name: string;
  label: Text;
  state: string;
  due: string;
  repeats: boolean;
}
export interface CaseOwner {
  state: string;
  state_label: Text;
  role_label: Text;
  unit_name: Text | null;
  person_name: Text | null;
}
export interface Choice {
  id: string;
  label: Text;
}
export interface Field {
  fact: string;
  label: Text;
  help: Text | null;
  type: string;
  of: string | null;
  choices: Choice[] | null;
  required: boolean;
  value: Json;
  show_if: boolean;
}
export interface Form {
  id: string;
  title: Text;
  fields: Field[];
}
export interface Act {
  act: string;
  label: Text;
  weight: 'primary' | 'plain' | 'grave';
  state: string;
  by: (string | { id: string; label: Text })[];
  mine: boolean;
  form: Form | null;
  blocked: { reason: Text } | null;
  /** It is refused without a typed `reason`; absent from older servers. */
  needs_reason?: boolean;
}
export interface StateForm {
  state: string;
  label: Text;
  form: Form;
}
export interface Candidate {
  code: string;
  name: Text;
  reason: Text;
}
/** One case in full; `alerts` lists what the board only counts. */
export interface CaseView extends Omit<Card, 'alerts'> {
  version: string;
  events: number;
  facts: Fact[];
  alerts: CaseAlert[];
  clocks: Clock[];
  owners: CaseOwner[];
  active: string[];
  visited: string[];
  acts: Act[];
  record: StateForm[];
  candidates: Candidate[];
  links: { case: string; number: string; relation: string }[];
}
export type EntryKind = 'opened' | 'joined' | 'act' | 'recorded' | 'clock' | 'delivery' | 'external' | 'moved' | 'refused' | 'halted';
export interface Reason {
  kind: string;
  text: Text;
  place: { file: string; line: number } | null;
}
export interface Entry {
  number: number;
  at: string;
  happened_at: string | null;
  late_ms: number | null;
  kind: EntryKind;
  title: Text;
  actor: { name: Text | string; role_label: Text | null; unit_name: Text | null } | null;
  reasons: Reason[];
  /** Why they acted, in their own words; absent when none was given or it may not be read. */
  reason_given?: string | null;
  told: { to: Text; message: Text; status: 'waiting' | 'done' | 'failed'; note?: Text | null }[];
  hash: string;
}
export interface Geometry {
  width: number;
  height: number;
  lanes: { stage: Stage; label: Text; x: number; width: number }[];
  boxes: Box[];
  edges: Edge[];
}
export interface Box {
  id: string;
  label: Text;
  owner: Text | null;
  clock: Text | string | null;
  kind: string;
  x: number;
  y: number;
  w: number;
  h: number;
  depth: number;
  active: boolean;
  visited: boolean;
}
export interface Edge {
  id: string;
  from: string;
  to: string;
  points: [number, number][];
  label: Text | null;
  /** Only clocks trigger it. */
  timed?: boolean;
  taken: boolean;
}
export interface AlertPart {
  index: number;
  name: string | null;
  content_type: string;
  text: string | null;
  bytes: number;
  sha256: string;
}
export interface AlertView {
  id: string;
  source: string;
  class: string;
  received_at: string;
  sha256: string;
  bytes: number;
  /** False when a seal covers what it says; headers, parts and fields are then empty. */
  readable?: boolean;
  headers: { name: string; value: string }[];
  parts: AlertPart[];
  fields: { field: string; value: Json; spans: Omit<Span, 'alert'>[] }[];
  warnings: (Text | string)[];
  cases: { id: string; number: string }[];
}
export interface Receipt {
  sha256?: string;
  /** The same bytes came before; this is what was done then. */
  repeat?: boolean;
  alert: string;
  class: string;
  cases: { id: string; number: string; relation: string }[];
}
export interface Filed {
  alert: string;
  source: string;
  reason: Text;
  received_at: string;
  subject_line: string | null;
}
export interface ProtocolInfo {
  name: string;
  title: Text;
  digest: string;
  extends: string | null;
  order: { number: string; date: string; authority: Text } | null;
  open_cases: number;
}
export interface Done {
  number: number;
  case: CaseView;
}

/** What went wrong with a call, in words for the person and with the id that the server's log knows. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly code: string,
    readonly text: Text | null,
    readonly requestId: string | null,
    readonly details: Record<string, Json>,
  ) {
    super(text?.en ?? code);
  }
  /** Whether the server was not reached, so that trying again with the same request id is safe. */
  get offline(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const listeners = new Set<(ok: boolean) => void>();

/** Tells after every call whether the server answered at all; the connection line lives on it. */
export function onAnswer(listener: (ok: boolean) => void): void {
  listeners.add(listener);
}

const TIMEOUT_MS = 20_000;

async function call<T>(method: string, path: string, body?: BodyInit, type?: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      body: body ?? null,
      headers: type === undefined ? { accept: 'application/json' } : { accept: 'application/json', 'content-type': type },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    for (const listener of listeners) listener(false);
    throw new ApiError(0, 'no_answer', null, null, {});
  }
  const gateway = response.status >= 502 && response.status <= 504;
  for (const listener of listeners) listener(!gateway);
  let answer: unknown = null;
  try {
    answer = await response.json();
  } catch {
    if (response.ok && response.status === 204) return null as T;
    throw new ApiError(response.status, 'no_json', null, response.headers.get('x-request-id'), {});
  }
  if (response.ok) return answer as T;
  const error = (answer as { error?: { code?: string; message?: Text; request_id?: string; details?: unknown } }).error;
  const details = error?.details !== null && typeof error?.details === 'object' ? error.details : {};
  throw new ApiError(
    response.status,
    error?.code ?? `http_${response.status}`,
    error?.message ?? null,
    error?.request_id ?? null,
    details as Record<string, Json>,
  );
}

const get = <T>(path: string) => call<T>('GET', path);
const post = <T>(path: string, body: unknown) => call<T>('POST', path, JSON.stringify(body), 'application/json');
const seg = encodeURIComponent;

export const api = {
  session: () => get<Session>('/session'),
  actAs: (person: string) => post<Session>('/session', { person }),
  board: (open: boolean) => get<BoardAnswer>(`/board?open=${open}`),
  case: (id: string) => get<CaseView>(`/cases/${seg(id)}`),
  timeline: (id: string) => get<{ entries: Entry[] }>(`/cases/${seg(id)}/timeline`),
  /** `reason` goes with a grave act whose form asks for no words. */
  act: (id: string, request_id: string, act: string, form: Record<string, Json>, reason?: string) =>
    post<Done>(`/cases/${seg(id)}/acts`, reason === undefined ? { request_id, act, form } : { request_id, act, form, reason }),
  record: (id: string, request_id: string, state: string, form: Record<string, Json>) =>
    post<Done>(`/cases/${seg(id)}/record`, { request_id, state, form }),
  chart: (id: string) => get<Geometry>(`/cases/${seg(id)}/chart`),
  alert: (id: string) => get<AlertView>(`/alerts/${seg(id)}`),
  originalUrl: (id: string) => `/api/v1/alerts/${seg(id)}/original`,
  send: (channel: string, body: BodyInit, type: string) => call<Receipt>('POST', `/alerts?channel=${seg(channel)}`, body, type),
  filed: () => get<Filed[]>('/filed'),
  reopen: (alert: string, request_id: string, reason: string) =>
    post<{ case: string }>(`/filed/${seg(alert)}/reopen`, { request_id, reason }),
  protocols: () => get<ProtocolInfo[]>('/protocols'),
  protocolChart: (name: string) => get<Geometry>(`/protocols/${seg(name)}/chart`),
};
