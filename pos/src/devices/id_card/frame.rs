//! Frames of the SDT protocol: `AA AA AA 96 69`, length, body, XOR.
//!
//! The bytes of a card pass through here, so the buffer never moves (a moved vector leaves a copy
//! behind) and is overwritten as soon as a frame was looked at.

use super::wipe;

/// What each frame starts with.
pub const START: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];
/// Start and length.
const HEAD: usize = START.len() + 2;
/// Shortest that follows the length: a command and the checksum.
const SHORTEST: usize = 3;
/// Longest that follows the length: text, photo and fingerprints are 2314.
const LONGEST: usize = 2400;
const ROOM: usize = HEAD + LONGEST;

/// A frame around a body.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
    let mut bytes = [&START[..], &length, body].concat();
    bytes.push(xor(&bytes[START.len()..]));
    bytes
}

fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// Finds frames in a stream of bytes.
pub struct Frames {
    buffer: Box<[u8; ROOM]>,
    len: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self { buffer: Box::new([0; ROOM]), len: 0 }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Frames {
    /// Takes what came; `each` gets the body of every whole frame, or nothing for a broken one.
    pub fn push(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(Option<&[u8]>)) {
        while !bytes.is_empty() {
            // What waits is shorter than the room, so that each turn takes at least one byte.
            let (now, later) = bytes.split_at(bytes.len().min(ROOM - self.len));
            self.buffer[self.len..self.len + now.len()].copy_from_slice(now);
            self.len += now.len();
            bytes = later;
            while self.take(each) {}
        }
    }

    /// Forgets what waits.
    pub fn clear(&mut self) {
        wipe(&mut self.buffer[..]);
        self.len = 0;
    }

    /// Takes one frame or piece of noise; whether there may be more.
    fn take(&mut self, each: &mut dyn FnMut(Option<&[u8]>)) -> bool {
        let waiting = &self.buffer[..self.len];
        let Some(at) = waiting.windows(START.len()).position(|window| window == START) else {
            // The last bytes may be the beginning of a start.
            self.drop_front(self.len.saturating_sub(START.len() - 1));
            return false;
        };
        if at > 0 {
            self.drop_front(at);
        }
        let waiting = &self.buffer[..self.len];
        let Some([high, low]) = waiting.get(START.len()..HEAD) else {
            return false;
        };
        let end = HEAD + usize::from(u16::from_be_bytes([*high, *low]));
        if !(HEAD + SHORTEST..=ROOM).contains(&end) {
            each(None);
            self.drop_front(1);
            return true;
        }
        let Some(whole) = waiting.get(..end) else {
            return false;
        };
        // The checksum is part of the sum, which is then zero.
        if xor(&whole[START.len()..]) == 0 {
            each(Some(&whole[HEAD..end - 1]));
            self.drop_front(end);
        } else {
            // The real start may lie inside.
            each(None);
            self.drop_front(1);
        }
        true
    }

    fn drop_front(&mut self, count: usize) {
        self.buffer.copy_within(count..self.len, 0);
        let left = self.len - count;
        wipe(&mut self.buffer[left..self.len]);
        self.len = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, usize) {
        let mut frames = Frames::default();
        let (mut bodies, mut broken) = (Vec::new(), 0);
        for piece in pieces {
            frames.push(piece, &mut |body| match body {
                Some(body) => bodies.push(body.to_vec()),
                None => broken += 1,
            });
        }
        assert!(frames.buffer[frames.len..].iter().all(|byte| *byte == 0), "nothing stays behind");
        (bodies, broken)
    }

    #[test]
    fn frames_between_noise_cut_anywhere() {
        let mut stream = b"\xAA\xAA\x00noise".to_vec();
        stream.extend(frame(&[0x00, 0x00, 0x9F]));
        stream.extend(frame(&[0x00, 0x00, 0x90, 1, 2, 3]));
        stream.extend([0xAA, 0xAA, 0xAA, 0xAA]);
        stream.extend(frame(&[0x00, 0x00, 0x80]));
        let want = (vec![vec![0, 0, 0x9F], vec![0, 0, 0x90, 1, 2, 3], vec![0, 0, 0x80]], 0);
        assert_eq!(bodies([&stream[..]]), want);
        assert_eq!(bodies(stream.chunks(1)), want);
        for at in 0..stream.len() {
            let (a, b) = stream.split_at(at);
            assert_eq!(bodies([a, b]), want, "cut at {at}");
        }
    }

    #[test]
    fn a_frame_inside_a_broken_one_is_found() {
        let mut stream = START.to_vec();
        stream.extend([0x00, 0x0B, 0x55]);
        stream.extend(frame(&[0x00, 0x00, 0x80]));
        assert_eq!(bodies(stream.chunks(1)), (vec![vec![0, 0, 0x80]], 1));
    }

    #[test]
    fn wrong_lengths_and_sums() {
        for length in [[0xFF, 0xFF], [0x00, 0x00], [0x00, 0x02], [0x09, 0x61]] {
            let mut stream = [&START[..], &length].concat();
            stream.extend(frame(&[0x00, 0x00, 0x80]));
            assert_eq!(bodies([&stream[..]]), (vec![vec![0, 0, 0x80]], 1), "{length:?}");
        }
        let mut broken = frame(&[0x00, 0x00, 0x90]);
        broken[9] ^= 1;
        assert_eq!(bodies([&broken[..]]), (vec![], 1));
    }

    #[test]
    fn large_noise_is_survived() {
        let mut noise = vec![0xAA; 50_000];
        noise.extend(START.repeat(2000));
        noise.extend(frame(&[0x00, 0x00, 0x80]));
        let (found, broken) = bodies(noise.chunks(4096));
        assert_eq!((found, broken), (vec![vec![0, 0, 0x80]], 2000));
    }

    #[test]
    fn the_longest_frame_fits() {
        let body = vec![7; LONGEST - 1];
        assert_eq!(bodies(frame(&body).chunks(1000)).0, [body]);
    }
}
