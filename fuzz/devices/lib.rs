//! The till's decoders, from its own sources.
#![allow(unused_imports, reason = "what only the simulator of a reader needs is not here")]

#[path = "../../pos/src/devices"]
pub mod devices {
    pub mod id_card;
    pub mod scale;
    pub mod scanner;
    pub mod sentence;
}
