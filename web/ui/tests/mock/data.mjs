// Invented alerts and cases. Every person, number, address and host is fictional.
import { createHash } from 'node:crypto';

const t = (en, hi) => ({ en, hi });
export const sha = (text) => createHash('sha256').update(text).digest('hex');

export const UNITS = {
  desk: { code: 'RJ-PHQ-SCRB', name: t('State Crime Records Bureau, Jaipur', 'राज्य अपराध अभिलेख ब्यूरो, जयपुर') },
  kota: { code: 'RJ-KTC-KUN', name: t('Kunhari, Kota City', 'कुन्हाड़ी, कोटा शहर') },
  jwn: { code: 'RJ-KTC-JWN', name: t('Jawahar Nagar, Kota City', 'जवाहर नगर, कोटा शहर') },
  jjn: { code: 'RJ-JJN-CHI', name: t('Chirawa, Jhunjhunu', 'चिड़ावा, झुंझुनूं') },
  udr: { code: 'RJ-UDR-HAT', name: t('Hathipole, Udaipur', 'हाथीपोल, उदयपुर') },
};
const person = (id, en, hi, role, role_label, unit) => ({ id, name: t(en, hi), role, role_label, unit: UNITS[unit] });
export const PEOPLE = [
  person('p1', 'Head Constable Asha Namuna', 'हेड कांस्टेबल आशा नमूना', 'help_desk', t('Help desk', 'सहायता डेस्क'), 'desk'),
  person('p2', 'Inspector Vivek Udaharan', 'निरीक्षक विवेक उदाहरण', 'desk_supervisor', t('Desk supervisor', 'डेस्क पर्यवेक्षक'), 'desk'),
  person('p3', 'Sub-Inspector Ravi Kalpit', 'उप निरीक्षक रवि कल्पित', 'duty_officer', t('Duty officer', 'ड्यूटी अधिकारी'), 'kota'),
  person('p4', 'Inspector Meera Kalpit', 'निरीक्षक मीरा कल्पित', 'station_in_charge', t('Station in charge', 'थाना प्रभारी'), 'kota'),
];

const BODY = `We are sharing this information because we believe that a person may be in distress. 🔴

Platform: Instagram
Profile name: किरण नमूना (Kiran Namuna)
Handle: @kiran.namuna.example
Profile URL: https://instagram.example.com/kiran.namuna.example
Phone: +91 55555 51234
IP address: 203.0.113.77 (last used 12 Nov 2026 18:02 UTC)
Stated age: 17
Place mentioned: कुन्हाड़ी, कोटा; Landmark City

Text of the post:
«मैं बहुत थक गया हूँ। किसी से बात नहीं कर पा रहा। 😔 Sorry everyone.»

Reference: MER-2026-900417
This mail is an invented example.`;

const HEAD = `From: Meta Emergency Response <emergency-response@meta-alerts.example.com>
To: scrb-helpdesk@rajpolice.example.org
Subject: [URGENT] Possible imminent harm – Instagram – Ref MER-2026-900417
Date: Thu, 12 Nov 2026 18:17:55 +0000
Message-ID: <mer-2026-900417.1@meta-alerts.example.com>`;

/** Where a piece of the body stands, in Unicode scalar values as the server counts. */
function spanOf(alert, piece) {
  const at = BODY.indexOf(piece);
  if (at < 0) throw new Error(`not in the mail: ${piece}`);
  const start = [...BODY.slice(0, at)].length;
  return { alert, part: 1, start, end: start + [...piece].length };
}

export function alertView(id, kase, receivedAt) {
  const parts = [
    { index: 0, name: null, content_type: 'message/rfc822-headers', text: HEAD, bytes: HEAD.length, sha256: sha(HEAD) },
    { index: 1, name: null, content_type: 'text/plain; charset=utf-8', text: BODY, bytes: Buffer.byteLength(BODY), sha256: sha(BODY) },
    { index: 2, name: 'profile-picture.png', content_type: 'image/png', text: null, bytes: 48211, sha256: sha('picture') },
  ];
  return {
    id, source: 'mail', class: 'alert', received_at: receivedAt, sha256: sha(HEAD + BODY), bytes: 50218,
    headers: HEAD.split('\n').map((line) => ({ name: line.slice(0, line.indexOf(':')), value: line.slice(line.indexOf(':') + 2) })),
    parts, fields: [], warnings: [t('The date of the mail is older than its arrival by 40 minutes.', 'मेल की तिथि उसके पहुँचने से 40 मिनट पुरानी है।')],
    cases: kase ? [{ id: kase.id, number: kase.number, relation: 'new' }] : [],
  };
}

const fact = (name, en, hi, type, value, more = {}) => ({
  name, label: t(en, hi), type, value, value_label: null, sealed: false, readable: true, by: null, at: null, event: null, spans: [], ...more,
});

export function factsOf(alert, at, level, levelLabel, minor) {
  const from = (piece) => ({ by: { kind: 'alert', text: t('Mail of Meta Emergency Response', 'मेटा आपात टीम की मेल') }, at, event: 1, spans: piece ? [spanOf(alert, piece)] : [] });
  return [
    fact('level', 'Level', 'स्तर', 'choice', level, { value_label: levelLabel, by: { kind: 'rule', text: t('table severity, row minor_and_farewell', 'तालिका severity, पंक्ति minor_and_farewell') }, at, event: 2 }),
    fact('minor', 'Under 18 years', '18 वर्ष से कम', 'yes-no-unknown', minor, { value_label: minor === 'yes' ? t('yes', 'हाँ') : t('unknown', 'पता नहीं'), ...from('17') }),
    fact('platform', 'Platform', 'मंच', 'choice', 'instagram', { value_label: t('Instagram', 'इंस्टाग्राम'), ...from('Instagram') }),
    fact('name', 'Name', 'नाम', 'text', 'किरण नमूना', { sealed: true, ...from('किरण नमूना') }),
    fact('handle', 'Handle', 'हैंडल', 'text', '@kiran.namuna.example', { sealed: true, ...from('@kiran.namuna.example') }),
    fact('profile_url', 'Profile', 'प्रोफ़ाइल', 'url', 'https://instagram.example.com/kiran.namuna.example', { sealed: true, ...from('https://instagram.example.com/kiran.namuna.example') }),
    fact('phones', 'Phone numbers', 'फ़ोन नंबर', 'list', ['+915555551234'], { sealed: true, ...from('+91 55555 51234') }),
    fact('ip_addresses', 'IP addresses', 'आईपी पते', 'list', ['203.0.113.77'], { sealed: true, ...from('203.0.113.77') }),
    fact('place_hints', 'Places mentioned', 'उल्लिखित स्थान', 'list', ['कुन्हाड़ी, कोटा', 'Landmark City'], { sealed: true, ...from('कुन्हाड़ी, कोटा'), spans: [spanOf(alert, 'कुन्हाड़ी, कोटा'), spanOf(alert, 'Landmark City')] }),
    fact('post_text', 'Text of the post', 'पोस्ट का पाठ', 'text', 'मैं बहुत थक गया हूँ। किसी से बात नहीं कर पा रहा। 😔 Sorry everyone.', { sealed: true, ...from('मैं बहुत थक गया हूँ। किसी से बात नहीं कर पा रहा। 😔 Sorry everyone.') }),
    fact('external_ref', 'Reference of the platform', 'मंच का संदर्भ', 'text', 'MER-2026-900417', from('MER-2026-900417')),
    fact('home_place', 'Home', 'घर', 'text', null, { sealed: true, readable: false }),
    fact('family_phones', 'Phone numbers of the family', 'परिवार के फ़ोन नंबर', 'list', null),
    fact('institute', 'Institute', 'संस्थान', 'text', null),
    fact('hostel', 'Hostel', 'छात्रावास', 'text', null),
  ];
}

export const CANDIDATES = [
  { ...UNITS.kota, reason: t('“कुन्हाड़ी, कोटा” in the mail is the name of this station', 'मेल में “कुन्हाड़ी, कोटा” इसी थाने का नाम है') },
  { ...UNITS.jwn, reason: t('“Landmark City” lies in its area', '“Landmark City” इसके क्षेत्र में है') },
  { ...UNITS.desk, reason: t('State desk, when no station fits', 'राज्य डेस्क, जब कोई थाना न मिले') },
];
