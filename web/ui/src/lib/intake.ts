/** Alerts that a visitor sends in: through which channel a file goes, and whether it can be sent at all. */

export type Channel = 'mail' | 'webhook' | 'x' | 'ksos' | 'note';
export interface Parcel {
  channel: Channel;
  type: string;
}

/** Bytes that an alert may have at most: 40 MiB, as the server has it. */
export const LIMIT_BYTES = 40 * 1024 * 1024;

/** What the beginning of a text looks like. JSON says by its own fields which channel it belongs to. */
export function parcelOf(start: string, name = ''): Parcel {
  const head = start.trimStart();
  if (head.startsWith('{') || head.startsWith('[') || name.toLowerCase().endsWith('.json')) {
    if (/"(?:session_id|panic|ksos|sos)[^"]*"\s*:|k-?sos/i.test(head)) return { channel: 'ksos', type: 'application/json' };
    if (/"(?:tweet|mention|direct_message|dm_)[^"]*"|"(?:channel|source|platform|kind)"\s*:\s*"(?:x|twitter)[^"]*"/i.test(head)) {
      return { channel: 'x', type: 'application/json' };
    }
    return { channel: 'webhook', type: 'application/json' };
  }
  const mail = name.toLowerCase().endsWith('.eml') || /^(?:(?:From|To|Subject|Date|Received|Return-Path|Message-ID|MIME-Version|Delivered-To)\s*:.*\r?\n)+/i.test(head);
  return mail ? { channel: 'mail', type: 'message/rfc822' } : { channel: 'note', type: 'text/plain; charset=utf-8' };
}
