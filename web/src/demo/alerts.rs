//! Invented alerts: who writes what from where. Every person, number, host and address is visibly invented, and the
//! texts speak of hopelessness only.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use niyam_kernel::time::Timestamp;
use serde::Deserialize;

use super::dice::Dice;
use crate::api::alerts::Channel;

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("../../demo/alerts/", $name))
    };
}

/// One alert, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Through what.
    pub channel: Channel,
    /// The message.
    pub body: String,
}

/// Something that happens: an alert now, and what follows from it.
#[derive(Clone, Debug)]
pub struct Story {
    /// Alerts with the number of real seconds after the story's beginning, in order. The text is made when it is sent.
    pub scenes: Vec<(u32, Scene)>,
    cast: Cast,
}

/// One kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// A platform's mail in English, or in Hinglish.
    MailEnglish,
    /// A platform's mail in Hindi.
    MailHindi,
    /// A platform's webhook.
    Webhook,
    /// More facts about the same report.
    WebhookUpdate,
    /// Somebody mentions the police account on X.
    Mention,
    /// K-SOS: the panic button.
    Panic,
    /// K-SOS: where the phone is now; counts up.
    Location(u32),
    /// K-SOS: the person presses stop.
    Stop,
    /// A warden writes.
    Warden,
    /// An operator wrote a phone call down.
    PhoneNote,
    /// Advertising.
    Spam,
    /// A platform tests whether anybody reads.
    ContactTest,
}

/// Who and where a story is about.
#[derive(Clone, Debug)]
struct Cast {
    serial: u64,
    first_en: String,
    first_hi: String,
    surname: (&'static str, &'static str),
    place: Place,
    home: String,
    language: String,
    post: String,
    facebook: bool,
}

/// A place alerts come from.
#[derive(Clone, Debug, Deserialize)]
struct Place {
    state: String,
    town_en: String,
    town_hi: String,
    #[serde(rename = "place_en")]
    spot_en: String,
    #[serde(rename = "place_hi")]
    spot_hi: String,
    lat: f64,
    lon: f64,
}

#[derive(Clone, Debug, Deserialize)]
struct First {
    first_en: String,
    first_hi: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Post {
    language: String,
    text: String,
}

/// Surnames that mean "imagined", "sample" and "example".
const SURNAMES: [(&str, &str); 3] = [("Kalpit", "कल्पित"), ("Namuna", "नमूना"), ("Udaharan", "उदाहरण")];

/// Invents stories.
pub struct Author {
    firsts: Vec<First>,
    places: Vec<Place>,
    posts: Vec<Post>,
    dice: Dice,
    serial: u64,
}

impl Author {
    /// An author whose stories follow from a seed; their serial numbers count up from `serial`, which must not repeat in
    /// one data folder.
    #[must_use]
    pub fn new(seed: u64, serial: u64) -> Self {
        Self {
            firsts: rows(template!("../persons.csv")),
            places: rows(template!("../places.csv")),
            posts: rows(template!("../posts.csv")),
            dice: Dice::new(seed),
            serial,
        }
    }

    /// The next story.
    pub fn story(&mut self) -> Story {
        use Scene::{ContactTest, MailEnglish, MailHindi, Mention, PhoneNote, Spam, Warden, Webhook, WebhookUpdate};
        self.serial += 1;
        let kind = self.dice.weighed(&[24, 20, 14, 12, 12, 7, 7, 3, 1]).unwrap_or(0);
        let (scenes, state, language) = match kind {
            0 if self.dice.percent(30) => (vec![(0, MailEnglish), (14, MailEnglish)], None, None),
            0 => (vec![(0, MailEnglish)], None, None),
            1 => (vec![(0, MailHindi)], None, Some("hi")),
            2 => (vec![(0, Webhook), (18, WebhookUpdate)], None, Some("hi")),
            3 => (vec![(0, Mention)], Some("uttar-pradesh"), None),
            4 => (self.session(), Some("kota"), None),
            5 => (vec![(0, Warden)], Some("kota"), Some("en")),
            6 => (vec![(0, PhoneNote)], None, Some("hi")),
            7 => (vec![(0, Spam)], None, None),
            _ => (vec![(0, ContactTest)], None, None),
        };
        Story { scenes, cast: self.cast(state, language) }
    }

    fn session(&mut self) -> Vec<(u32, Scene)> {
        let mut scenes = vec![(0, Scene::Panic)];
        scenes.extend((1..=4).map(|number| (number * 6, Scene::Location(number))));
        if self.dice.percent(35) {
            scenes.push((70, Scene::Stop));
        }
        scenes
    }

    fn cast(&mut self, state: Option<&str>, language: Option<&str>) -> Cast {
        let places: Vec<&Place> =
            self.places.iter().filter(|place| state.is_none_or(|state| place.state == state)).collect();
        let place = (*self.dice.pick(&places).expect("each state has places")).clone();
        let posts: Vec<&Post> =
            self.posts.iter().filter(|post| language.is_none_or(|language| post.language == language)).collect();
        let post = (*self.dice.pick(&posts).expect("each language has posts")).clone();
        let first = self.dice.pick(&self.firsts).expect("there are names").clone();
        Cast {
            serial: self.serial,
            first_en: first.first_en,
            first_hi: first.first_hi,
            surname: SURNAMES[usize::try_from(self.serial % 3).unwrap_or(0)],
            place,
            home: self.dice.pick(&self.places).map(|place| place.town_en.clone()).unwrap_or_default(),
            post: format!("{} {}", post.text, nights(&post.language, self.serial % 89 + 3)),
            language: post.language,
            facebook: self.dice.percent(40),
        }
    }
}

/// A sentence that tells one post from the others: alerts with the same words are taken for the same alert.
fn nights(language: &str, count: u64) -> String {
    match language {
        "hi" => format!("{count} रातों से नींद नहीं आई।"),
        "hi-Latn" => format!("{count} raaton se neend nahi aayi."),
        _ => format!("I have not slept well for {count} nights."),
    }
}

fn rows<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("a test reads the shipped lists")
}

impl Story {
    /// The text of one of this story's scenes at a moment.
    #[must_use]
    pub fn tell(&self, scene: Scene, now: Timestamp) -> Alert {
        let (channel, template) = match scene {
            Scene::MailEnglish => (Channel::Mail, template!("meta-en.eml")),
            Scene::MailHindi => (Channel::Mail, template!("meta-hi.eml")),
            Scene::Webhook => (Channel::Webhook, template!("meta-webhook.json")),
            Scene::WebhookUpdate => (Channel::Webhook, template!("meta-webhook-update.json")),
            Scene::Mention => (Channel::X, template!("x-mention.json")),
            Scene::Panic => (Channel::Ksos, template!("ksos-panic.json")),
            Scene::Location(_) => (Channel::Ksos, template!("ksos-location.json")),
            Scene::Stop => (Channel::Ksos, template!("ksos-stop.json")),
            Scene::Warden => (Channel::Mail, template!("warden.eml")),
            Scene::PhoneNote => (Channel::Mail, template!("phone-note.eml")),
            Scene::Spam => (Channel::Mail, template!("spam.eml")),
            Scene::ContactTest => (Channel::Mail, template!("contact-test.eml")),
        };
        let mut body = template.to_owned();
        for (name, value) in self.cast.words(scene, now) {
            body = body.replace(&format!("{{{{{name}}}}}"), &value);
        }
        if channel == Channel::Mail {
            body = body.replace('\n', "\r\n");
        }
        Alert { channel, body }
    }
}

impl Cast {
    fn words(&self, scene: Scene, now: Timestamp) -> BTreeMap<&'static str, String> {
        let time = DateTime::<Utc>::from_timestamp_millis(now.as_ms()).unwrap_or_default();
        let ist = time.with_timezone(&FixedOffset::east_opt(19_800).expect("IST is within a day"));
        let steps = if let Scene::Location(number) = scene { f64::from(number) } else { 0.0 };
        let uttar_pradesh = self.place.state == "uttar-pradesh";
        let kota = self.place.state == "kota";
        let phone = format!("55555 {:05}", 50_000 + self.serial % 5_000);
        let (platform, platform_id, platform_hi) = if self.facebook {
            ("Facebook", "facebook", "फेसबुक")
        } else {
            ("Instagram", "instagram", "इंस्टाग्राम")
        };
        let seq = if let Scene::Location(number) = scene { u64::from(number) } else { self.serial };
        let later = if let Scene::MailEnglish = scene { time.timestamp() } else { 0 };
        BTreeMap::from([
            ("at", time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            ("desk", desk(kota, uttar_pradesh).to_owned()),
            ("handle", format!("{}.{}_{}", self.first_en.to_lowercase(), self.surname.0.to_lowercase(), self.serial)),
            ("home", self.home.clone()),
            ("host", format!("{platform_id}.example.com")),
            ("ip", format!("203.0.113.{}", self.serial % 254 + 1)),
            ("ist", ist.format("%d-%m-%Y %H:%M").to_string()),
            ("ist_devanagari", devanagari(&ist.format("%d.%m.%Y को %H:%M").to_string())),
            ("language", self.language.clone()),
            ("lat", format!("{:.5}", self.place.lat + 0.0004 * steps)),
            ("lon", format!("{:.5}", self.place.lon + 0.0003 * steps)),
            ("mail_date", time.to_rfc2822()),
            ("message_id", format!("{}{later}", 1_000_000 + self.serial)),
            ("name_en", format!("{} {}", self.first_en, self.surname.0)),
            ("name_hi", format!("{} {}", self.first_hi, self.surname.1)),
            ("official_host", if uttar_pradesh { "uppolice.example.org" } else { "rajpolice.example.org" }.to_owned()),
            ("phone", format!("+91 {phone}")),
            ("phone_2", format!("+91 55555 {:05}", 55_000 + self.serial % 5_000)),
            ("phone_devanagari", devanagari(&phone)),
            ("place_en", self.place.spot_en.clone()),
            ("place_hi", self.place.spot_hi.clone()),
            ("platform", platform.to_owned()),
            ("platform_hi", platform_hi.to_owned()),
            ("platform_id", platform_id.to_owned()),
            ("police_account", if uttar_pradesh { "uppolice_sample" } else { "rajpolice_sample" }.to_owned()),
            ("post", self.post.clone()),
            ("ref", format!("MER-2026-{:06}", self.serial % 1_000_000)),
            ("seq", seq.to_string()),
            ("town_en", self.place.town_en.clone()),
            ("town_hi", self.place.town_hi.clone()),
            ("utc", time.format("%Y-%m-%d %H:%M:%S").to_string()),
            ("x_date", time.format("%a %b %d %H:%M:%S +0000 %Y").to_string()),
        ])
    }
}

fn desk(kota: bool, uttar_pradesh: bool) -> &'static str {
    match (kota, uttar_pradesh) {
        (true, _) => "abhay-kota@rajpolice.example.org",
        (false, true) => "smc@uppolice.example.org",
        (false, false) => "scrb-helpdesk@rajpolice.example.org",
    }
}

fn devanagari(text: &str) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(u32::from('०') + digit)).unwrap_or(c);
    text.chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_249_800_000);

    fn all() -> Vec<(Scene, Alert)> {
        let mut author = Author::new(1, 0);
        let mut told = Vec::new();
        for _ in 0..200 {
            let story = author.story();
            told.extend(story.scenes.iter().map(|(_, scene)| (*scene, story.tell(*scene, NOW))));
        }
        told
    }

    #[test]
    fn every_kind_is_told_with_every_word_filled_in() {
        let told = all();
        for (scene, alert) in &told {
            assert!(!alert.body.contains("{{"), "{scene:?}: {}", alert.body);
            if alert.channel != Channel::Mail {
                serde_json::from_str::<serde_json::Value>(&alert.body).expect("JSON");
            }
        }
        let has = |wanted: fn(&Scene) -> bool| told.iter().any(|(scene, _)| wanted(scene));
        assert!(has(|scene| matches!(scene, Scene::Stop)) && has(|scene| matches!(scene, Scene::ContactTest)));
        assert!(has(|scene| matches!(scene, Scene::PhoneNote)) && has(|scene| matches!(scene, Scene::WebhookUpdate)));
    }

    #[test]
    fn everything_is_visibly_invented() {
        for (scene, alert) in all() {
            let hosts = alert.body.split("https://").skip(1).filter_map(|rest| rest.split(['/', '"', ' ']).next());
            for host in hosts {
                assert!(host.ends_with("example.com") || host.ends_with("example.net"), "{scene:?}: {host}");
            }
            assert!(!alert.body.contains("+91 9"), "{scene:?}");
        }
    }

    #[test]
    fn one_seed_tells_one_world() {
        let tell = |seed| {
            let story = Author::new(seed, 7).story();
            story.tell(story.scenes[0].1, NOW)
        };
        assert_eq!(tell(3), tell(3));
    }
}
