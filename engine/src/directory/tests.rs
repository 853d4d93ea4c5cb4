use super::*;

fn codes(hints: &[&str]) -> Vec<String> {
    let hints: Vec<_> = hints.iter().map(|hint| PlaceHint::incident(*hint)).collect();
    Directory::shipped().find(&hints, None, &[]).into_iter().map(|candidate| candidate.unit).collect()
}

fn position(lat: &str, lon: &str, accuracy_m: u32) -> Position {
    let e7 = |text| degrees_e7(text).expect("degrees");
    Position { lat_e7: e7(lat), lon_e7: e7(lon), accuracy_m: Some(accuracy_m), at: None }
}

#[test]
fn the_shipped_tree_is_whole() {
    let directory = Directory::shipped();
    assert_eq!(directory.units().filter(|unit| unit.parent.is_none()).count(), 2);
    assert_eq!(
        directory.units().filter(|unit| unit.kind == Kind::District && unit.code.starts_with("UP-")).count(),
        68
    );
    assert_eq!(
        directory.above("RJ-STN-KOTACITY-KUNHARI", Kind::District).map(|unit| unit.code.as_str()),
        Some("RJ-DST-KOTACITY")
    );
    assert_eq!(directory.above("RJ-STN-KOTACITY-KUNHARI", Kind::Phq).map(|unit| unit.code.as_str()), Some("RJ-PHQ"));
    assert_eq!(directory.above("RJ-PHQ-SCRB", Kind::Phq).map(|unit| unit.code.as_str()), Some("RJ-PHQ"));
    assert_eq!(
        directory.above("UP-STN-GHAZIABAD-VIJAYNAGAR", Kind::District).map(|unit| unit.code.as_str()),
        Some("UP-COM-GHAZIABAD")
    );
    assert_eq!(directory.subtree("RJ-RNG-KOTA").len(), 28);
    assert!(directory.is_within("RJ-STN-KOTARURAL-SANGOD", "RJ-PHQ"));
    assert!(!directory.is_within("RJ-STN-KOTARURAL-SANGOD", "UP-PHQ"));
}

#[test]
fn spellings_of_both_scripts_lead_to_one_unit() {
    for spelling in ["Kunhari, Kota", "Kunhadi Kota", "कुन्हाड़ी, कोटा", "kunhadi , KOTA"] {
        assert_eq!(codes(&[spelling]), ["RJ-STN-KOTACITY-KUNHARI", "RJ-DST-KOTACITY"], "{spelling}");
    }
    for spelling in ["Jhunjhunu", "झुंझुनूं", "झुंझुनू", "Jhunjhunun"] {
        assert_eq!(codes(&[spelling]), ["RJ-DST-JHUNJHUNU"], "{spelling}");
    }
    assert_eq!(codes(&["Allahabad"]), ["UP-COM-PRAYAGRAJ"]);
    assert_eq!(codes(&["Talwandi, Kota"]), ["RJ-DST-KOTACITY"]);
    assert_eq!(codes(&["Rajiv Gandhi Nagar"]), ["RJ-DST-KOTACITY"]);
    assert_eq!(codes(&["Kalyanpur, Kanpur"]), ["UP-COM-KANPUR"]);
    assert_eq!(codes(&["Kanpur Dehat"]), ["UP-DST-KANPURDEHAT"]);
}

#[test]
fn the_district_named_decides_about_common_names() {
    assert_eq!(codes(&["Jawahar Nagar, Jaipur"]), ["RJ-COM-JAIPUR"]);
    assert_eq!(codes(&["Jawahar Nagar, Kota"]), ["RJ-STN-KOTACITY-JAWAHARNAGAR", "RJ-DST-KOTACITY"]);
    assert_eq!(codes(&["Jawahar Nagar"]), [""; 0]);
    assert_eq!(codes(&["Kalyanpur, Lucknow"]), ["UP-COM-LUCKNOW"]);
}

#[test]
fn the_state_decides_between_equal_names() {
    assert_eq!(codes(&["Pratapgarh, Rajasthan"]), ["RJ-DST-PRATAPGARH"]);
    assert_eq!(codes(&["प्रतापगढ़, उत्तर प्रदेश"]), ["UP-DST-PRATAPGARH"]);
    let hints = [PlaceHint::incident("Pratapgarh")];
    let first = |state| Directory::shipped().find(&hints, None, &[state])[0].unit.clone();
    assert_eq!(first("UP-PHQ"), "UP-DST-PRATAPGARH");
    assert_eq!(first("RJ-PHQ"), "RJ-DST-PRATAPGARH");
}

#[test]
fn trains_belong_to_the_railway_police() {
    assert_eq!(codes(&["Kota railway station, platform 1"]), ["RJ-GRP-AJMER", "RJ-DST-KOTACITY"]);
    assert_eq!(codes(&["झांसी रेलवे स्टेशन"]), ["UP-GRP-JHANSI", "UP-DST-JHANSI"]);
    assert_eq!(codes(&["Kota Junction area, Bhimganjmandi"]), ["RJ-STN-KOTACITY-BHIMGANJMANDI", "RJ-DST-KOTACITY"]);
}

#[test]
fn unknown_places_and_homes_give_no_unit() {
    assert_eq!(codes(&["Namuna Nagar, Patna"]), [""; 0]);
    let home = PlaceHint { text: "Jhunjhunu".to_owned(), role: PlaceRole::Home };
    assert!(Directory::shipped().find(&[home], None, &[]).is_empty());
}

#[test]
fn a_good_position_names_the_nearest_station_and_a_bad_one_nothing() {
    let find = |position: &Position| {
        Directory::shipped()
            .find(&[], Some(position), &[])
            .into_iter()
            .map(|candidate| candidate.unit)
            .collect::<Vec<_>>()
    };
    assert_eq!(find(&position("25.149", "75.8531", 18)), ["RJ-STN-KOTACITY-VIGYANNAGAR"]);
    assert_eq!(find(&position("25.149", "75.8531", 4200)), [""; 0]);
    assert_eq!(find(&position("28.13", "75.40", 30)), ["RJ-DST-JHUNJHUNU"]);
    assert_eq!(find(&position("12.97", "77.59", 30)), [""; 0], "far from both states");
    let (unit, distance_m) = Directory::shipped().nearest_station(251_490_000, 758_531_000).expect("a station");
    assert_eq!(unit.code, "RJ-STN-KOTACITY-VIGYANNAGAR");
    assert!((100..200).contains(&distance_m), "{distance_m} m");
}

#[test]
fn broken_files_are_told_with_lines() {
    let units = "unit_code,name_en,name_hi,kind,parent_code,lat,lon,valid_from\nA,A,अ,phq,,1,1,\nB,B,ब,castle,A,1,1,\nC,C,स,station,Z,91x,1,\n";
    let findings = Directory::load(&[("u.csv", units)], PLACES_FILE).expect_err("findings");
    let told: Vec<_> = findings
        .iter()
        .filter(|finding| finding.file == "u.csv")
        .map(|finding| (finding.line, finding.message.as_str()))
        .collect();
    assert_eq!(told, [(3, "unknown kind `castle`"), (4, "`91x,1` is no position")]);
}
