// The invented protocol of the mock: states, acts, forms and the drawing of its chart.

const t = (en, hi) => ({ en, hi });
export const LANES = [
  ['intake', t('Intake', 'प्राप्ति')],
  ['verification', t('Verification', 'सत्यापन')],
  ['assignment', t('Assignment', 'सौंपना')],
  ['visit', t('Visit', 'मुलाकात')],
  ['closure', t('Closure', 'समापन')],
];

export const ROLES = {
  help_desk: t('Help desk', 'सहायता डेस्क'),
  desk_supervisor: t('Desk supervisor', 'डेस्क पर्यवेक्षक'),
  duty_officer: t('Duty officer', 'ड्यूटी अधिकारी'),
  station_in_charge: t('Station in charge', 'थाना प्रभारी'),
  field_team: t('Field team', 'क्षेत्रीय दल'),
};

// id: [lane, row, label, owner role, minutes of its clock, clock label, kind]
export const STATES = {
  read: [0, 0, t('Alert is read', 'सूचना पढ़ी जाती है'), null, null, null, 'atomic'],
  unreadable: [0, 1, t('A person reads the mail', 'कोई व्यक्ति मेल पढ़े'), 'help_desk', 5, t('Nobody read the mail', 'मेल किसी ने नहीं पढ़ी'), 'atomic'],
  desk_review: [1, 0, t('Desk review', 'डेस्क समीक्षा'), 'help_desk', 10, t('Unit not chosen', 'इकाई नहीं चुनी गई'), 'atomic'],
  escalated: [1, 1, t('Supervisor decides', 'पर्यवेक्षक तय करें'), 'desk_supervisor', 5, t('Supervisor has not decided', 'पर्यवेक्षक ने तय नहीं किया'), 'atomic'],
  hand_over: [2, 0, t('Handed over, not yet accepted', 'सौंपा गया, स्वीकृति शेष'), 'duty_officer', 10, t('Not accepted in time', 'समय पर स्वीकार नहीं'), 'atomic'],
  returned: [2, 1, t('Returned: not our area', 'लौटाया: हमारा क्षेत्र नहीं'), 'help_desk', 5, t('No new unit', 'नई इकाई नहीं'), 'atomic'],
  reach: [3, 0, t('Reach the person', 'व्यक्ति तक पहुँचें'), null, null, null, 'parallel'],
  talk: [3, 1, t('Talk to the person', 'व्यक्ति से बात'), 'help_desk', 15, t('Nobody has spoken to the person', 'अब तक बात नहीं हुई'), 'atomic'],
  team: [3, 2, t('Team on the way', 'दल रास्ते में'), 'station_in_charge', 30, t('Team has not arrived', 'दल नहीं पहुँचा'), 'atomic'],
  counselling: [3, 4, t('Counselling of person and family', 'व्यक्ति और परिवार का परामर्श'), 'station_in_charge', 120, t('No counselling report', 'परामर्श रिपोर्ट नहीं'), 'atomic'],
  follow_up: [4, 0, t('Follow-up call', 'पुनः संपर्क कॉल'), 'help_desk', 1440, t('Follow-up call not made', 'पुनः संपर्क नहीं हुआ'), 'atomic'],
  safe: [4, 2, t('Closed: person is safe', 'बंद: व्यक्ति सुरक्षित'), null, null, null, 'final'],
  no_risk: [4, 3, t('Closed: no risk found', 'बंद: कोई जोखिम नहीं'), null, null, null, 'final'],
};

const choice = (...pairs) => pairs.map(([id, en, hi]) => ({ id, label: t(en, hi) }));
const field = (fact, label, type, more = {}) => ({
  fact, label, type, help: null, of: null, choices: null, required: false, value: null, show_if: true, ...more,
});
export const LEVELS = choice(['red', 'Red: life in danger now', 'लाल: जान को तुरंत खतरा'], ['orange', 'Orange: serious', 'नारंगी: गंभीर'], ['yellow', 'Yellow: distress', 'पीला: संकट'], ['green', 'Green: not yet assessed', 'हरा: आकलन शेष']);

export const FORMS = {
  findings: {
    id: 'findings', title: t('Findings of the desk', 'डेस्क के निष्कर्ष'),
    fields: [
      field('level', t('Level', 'स्तर'), 'choice', { choices: LEVELS, required: true }),
      field('unit', t('Unit that takes over', 'कार्यवाही करने वाली इकाई'), 'unit', { required: true, help: t('The likeliest unit stands first, with the reason.', 'सबसे संभावित इकाई कारण सहित पहले दी गई है।') }),
      field('phones', t('Mobile numbers', 'मोबाइल नंबर'), 'list', { of: 'phone' }),
      field('minor', t('Under 18 years?', '18 वर्ष से कम?'), 'yes-no-unknown', { required: true }),
      field('danger_signs', t('What points to danger now', 'तुरंत खतरे के संकेत'), 'list', { of: 'choice', choices: choice(['farewell', 'Farewell message', 'विदाई संदेश'], ['alone', 'Alone at the place', 'स्थान पर अकेले'], ['earlier', 'Earlier alert about the same person', 'इसी व्यक्ति की पहले सूचना']) }),
      field('seen_at', t('Post seen at (IST)', 'पोस्ट कब देखी गई (IST)'), 'time'),
      field('age', t('Age in years, if said', 'आयु वर्षों में, यदि बताई गई'), 'number'),
      field('desk_note', t('Note for the unit', 'इकाई के लिए टिप्पणी'), 'text', { help: t('What the team should know before it knocks.', 'दल को पहुँचने से पहले क्या जानना चाहिए।') }),
    ],
  },
  why: { id: 'why', title: t('Why', 'कारण'), fields: [field('why', t('Reason', 'कारण'), 'text', { required: true })] },
  met: {
    id: 'met', title: t('Meeting the person', 'व्यक्ति से मुलाकात'),
    fields: [
      field('met_at', t('Met at', 'कब मिले'), 'time', { required: true }),
      field('position', t('Place', 'स्थान'), 'position'),
      field('person_safe', t('Is the person safe now?', 'क्या व्यक्ति अब सुरक्षित है?'), 'yes-no', { required: true }),
      field('family_phones', t('Phone numbers of the family', 'परिवार के फ़ोन नंबर'), 'list', { of: 'phone' }),
      field('hospital', t('Hospital, if taken there', 'अस्पताल, यदि ले जाया गया'), 'text', { show_if: false }),
    ],
  },
};

// state: [act, label, roles, weight, form, target, what it sets]
export const ACTS = {
  unreadable: [['read_done', t('I have read it: go on', 'मैंने पढ़ लिया: आगे बढ़ें'), ['help_desk'], 'primary', null, 'desk_review']],
  desk_review: [
    ['hand_over', t('Hand over to the unit', 'इकाई को सौंपें'), ['help_desk', 'desk_supervisor'], 'primary', 'findings', 'hand_over'],
    ['ask_supervisor', t('Ask the supervisor', 'पर्यवेक्षक से पूछें'), ['help_desk'], 'plain', null, 'escalated'],
    ['no_risk', t('Close: no risk found', 'बंद करें: कोई जोखिम नहीं'), ['desk_supervisor'], 'grave', 'why', 'no_risk'],
  ],
  escalated: [
    ['hand_over', t('Hand over to the unit', 'इकाई को सौंपें'), ['desk_supervisor'], 'primary', 'findings', 'hand_over'],
    ['no_risk', t('Close: no risk found', 'बंद करें: कोई जोखिम नहीं'), ['desk_supervisor'], 'grave', 'why', 'no_risk'],
  ],
  hand_over: [
    ['accept', t('Accept', 'स्वीकार करें'), ['duty_officer', 'station_in_charge'], 'primary', null, 'reach'],
    ['return', t('Return: not our area', 'लौटाएँ: हमारा क्षेत्र नहीं'), ['duty_officer', 'station_in_charge'], 'plain', 'why', 'returned'],
  ],
  returned: [['hand_over', t('Hand over to another unit', 'दूसरी इकाई को सौंपें'), ['help_desk'], 'primary', 'findings', 'hand_over']],
  talk: [['spoke', t('Person was spoken to', 'व्यक्ति से बात हुई'), ['help_desk'], 'plain', null, 'talk']],
  team: [['met', t('Person was met', 'व्यक्ति से मुलाकात हुई'), ['station_in_charge', 'field_team', 'duty_officer'], 'primary', 'met', 'counselling']],
  counselling: [['counselled', t('Counselling done', 'परामर्श हुआ'), ['station_in_charge'], 'primary', null, 'follow_up']],
  follow_up: [['close_safe', t('Close: person is safe', 'बंद करें: व्यक्ति सुरक्षित'), ['desk_supervisor'], 'grave', null, 'safe']],
  safe: [['reopen', t('Open again', 'फिर खोलें'), ['desk_supervisor'], 'grave', 'why', 'desk_review']],
};

export const STAGE_OF = (state) => LANES[STATES[state][0]][0];

const LANE_W = 236, BOX_W = 188, BOX_H = 66, ROW = 92, TOP = 48;
const box = (id) => {
  const [lane, row] = STATES[id];
  if (id === 'reach') return { x: lane * LANE_W + 12, y: TOP + row * ROW, w: LANE_W - 24, h: ROW * 3 + 66 };
  return { x: lane * LANE_W + (LANE_W - BOX_W) / 2, y: TOP + row * ROW + (row > 2 ? 46 : 0), w: BOX_W, h: BOX_H };
};

const EDGES = [
  ['read', 'desk_review', null], ['read', 'unreadable', t('unreadable', 'अपठनीय')],
  ['unreadable', 'desk_review', ACTS.unreadable[0][1]],
  ['desk_review', 'hand_over', ACTS.desk_review[0][1]], ['desk_review', 'escalated', t('after 10 min', '10 मिनट बाद')],
  ['escalated', 'hand_over', ACTS.escalated[0][1]], ['hand_over', 'reach', ACTS.hand_over[0][1]],
  ['hand_over', 'returned', ACTS.hand_over[1][1]], ['team', 'counselling', ACTS.team[0][1]],
  ['counselling', 'follow_up', ACTS.counselling[0][1]], ['follow_up', 'safe', ACTS.follow_up[0][1]],
  ['desk_review', 'no_risk', ACTS.desk_review[2][1]],
];

function points(from, to) {
  const a = box(from), b = box(to);
  if (to === 'no_risk') {
    const y = TOP + ROW * 4 + 46 + BOX_H + 26;
    return [[a.x + 12, a.y + a.h], [a.x + 12, y], [b.x + b.w / 2, y], [b.x + b.w / 2, b.y + b.h]];
  }
  if (STATES[from][0] === STATES[to][0]) return [[a.x + a.w / 2, a.y + a.h], [b.x + b.w / 2, b.y]];
  const ax = a.x + a.w, bx = b.x, ay = a.y + Math.min(a.h, BOX_H) / 2, by = b.y + Math.min(b.h, BOX_H) / 2 + (from === 'escalated' || from === 'unreadable' ? 14 : 0);
  const mid = bx - 14;
  return ay === by ? [[ax, ay], [bx, by]] : [[ax, ay], [mid, ay], [mid, by], [bx, by]];
}

export function geometry(active, visited) {
  return {
    width: LANES.length * LANE_W, height: TOP + ROW * 5 + 46 + 30,
    lanes: LANES.map(([stage, label], i) => ({ stage, label, x: i * LANE_W, width: LANE_W })),
    boxes: Object.entries(STATES).map(([id, [, , label, owner, minutes, , kind]]) => ({
      id, label, owner: owner && ROLES[owner], clock: minutes && t(`${minutes} min`, `${minutes} मिनट`), kind,
      ...box(id), depth: id === 'talk' || id === 'team' ? 1 : 0, active: active.includes(id), visited: visited.includes(id),
    })),
    edges: EDGES.map(([from, to, label]) => ({
      id: `${from}>${to}`, from, to, label, points: points(from, to),
      taken: visited.includes(from) && visited.includes(to),
    })),
  };
}
