//! The till's decoders, from its own sources.

pub mod devices {
    #[path = "../../../pos/src/devices/id_card.rs"]
    pub mod id_card;
    #[path = "../../../pos/src/devices/scale.rs"]
    pub mod scale;
    #[path = "../../../pos/src/devices/scanner.rs"]
    pub mod scanner;
    #[path = "../../../pos/src/devices/sentence.rs"]
    pub mod sentence;
}
