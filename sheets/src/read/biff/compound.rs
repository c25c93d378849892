//! The file within a file (MS-CFB): one stream out of it, and one stream in a file of its own.

/// Ends a chain of sectors.
const END: u32 = 0xFFFF_FFFE;
/// A sector that no chain has.
const FREE: u32 = 0xFFFF_FFFF;
/// A sector of the allocation table itself.
const TABLE: u32 = 0xFFFF_FFFD;
/// Shorter streams lie in small sectors.
const SHORT: usize = 4096;

/// The names that a workbook's stream has had.
const NAMES: [&str; 2] = ["Workbook", "Book"];

/// A file's sectors and the table that chains them.
struct Sectors<'a> {
    body: &'a [u8],
    size: usize,
    next: Vec<u32>,
}

impl Sectors<'_> {
    /// The bytes of a chain, at most so many. A chain that goes round or leads nowhere is none.
    fn chain(&self, first: u32, most: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut at = first;
        let mut left = self.next.len().min(self.body.len() / self.size + 1);
        while at != END && bytes.len() < most {
            left = left.checked_sub(1)?;
            let place = usize::try_from(at).ok()?;
            let start = place.checked_mul(self.size)?;
            let end = start.saturating_add(self.size).min(self.body.len());
            bytes.extend_from_slice(self.body.get(start..end)?);
            at = *self.next.get(place)?;
        }
        bytes.truncate(most);
        Some(bytes)
    }
}

/// The workbook's stream and its name.
pub(super) fn workbook(file: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let head = file.first_chunk::<512>()?;
    let size = match head.get(30..32)? {
        [9, 0] => 512,
        [12, 0] => 4096,
        _ => return None,
    };
    let body = file.get(size..)?;
    let sector = |at: u32| {
        let start = usize::try_from(at).ok()?.checked_mul(size)?;
        body.get(start..start.checked_add(size)?)
    };
    let mut tables: Vec<u32> = words(&head[76..]).collect();
    let mut more = word(head, 68)?;
    let mut left = body.len() / size;
    while more < TABLE {
        left = left.checked_sub(1)?;
        let mut listed: Vec<u32> = words(sector(more)?).collect();
        more = listed.pop()?;
        tables.append(&mut listed);
    }
    let mut next = Vec::new();
    for at in tables.into_iter().filter(|at| *at < TABLE) {
        next.extend(words(sector(at)?));
        // The table of a file is not longer than the file.
        if next.len() > body.len() / size + 1 + size {
            break;
        }
    }
    let sectors = Sectors { body, size, next };
    let entries = sectors.chain(word(head, 48)?, usize::MAX)?;
    let entries: Vec<&[u8]> = entries.chunks_exact(128).collect();
    let (name, entry) =
        NAMES.iter().find_map(|name| Some((*name, *entries.iter().find(|entry| is_named(entry, name))?)))?;
    let (start, length) = (word(entry, 116)?, usize::try_from(word(entry, 120)?).ok()?);
    if length >= SHORT {
        return Some((name, sectors.chain(start, length)?));
    }
    let root = entries.first()?;
    let small = sectors.chain(word(root, 116)?, usize::try_from(word(root, 120)?).ok()?)?;
    let next = words(&sectors.chain(word(head, 60)?, usize::MAX)?).collect();
    Some((name, Sectors { body: &small, size: 64, next }.chain(start, length)?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).filter_map(|four| four.try_into().ok()).map(u32::from_le_bytes)
}

fn is_named(entry: &[u8], name: &str) -> bool {
    let letters = entry[..64].chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).take_while(|c| *c != 0);
    String::from_utf16_lossy(&letters.collect::<Vec<_>>()).eq_ignore_ascii_case(name)
}

/// A file with one stream: header, table, directory, stream.
pub(super) fn file(name: &str, stream: &[u8]) -> Vec<u8> {
    const SIZE: usize = 512;
    let mut stream = stream.to_vec();
    stream.resize(stream.len().max(SHORT).next_multiple_of(SIZE), 0);
    let number = |count: usize| u32::try_from(count).unwrap_or(FREE);
    let long = stream.len() / SIZE;
    // Directory, stream, the table's own sectors, and those that list more than 109 of them.
    let (mut tables, mut lists) = (1, 0);
    while tables * (SIZE / 4) < 1 + long + tables + lists {
        tables += 1;
        lists = tables.saturating_sub(109).div_ceil(SIZE / 4 - 1);
    }
    let first_table = 1 + long;
    let first_list = first_table + tables;
    let mut next: Vec<u32> = vec![END];
    next.extend((0..long).map(|at| if at + 1 == long { END } else { number(at + 2) }));
    next.extend(vec![TABLE; tables]);
    next.extend(vec![TABLE - 1; lists]);
    next.resize(tables * (SIZE / 4), FREE);
    let mut all_tables = (0..tables).map(|at| number(first_table + at));

    let mut out = vec![0; 76];
    out[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    for (at, value) in [(24, 0x3E_u16), (26, 3), (28, 0xFFFE), (30, 9), (32, 6)] {
        out[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    let list = if lists == 0 { END } else { number(first_list) };
    for (at, value) in [(44, number(tables)), (48, 0), (56, 4096), (60, END), (64, 0), (68, list), (72, number(lists))]
    {
        out[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    for _ in 0..109 {
        out.extend(all_tables.next().unwrap_or(FREE).to_le_bytes());
    }
    out.extend(directory(name, stream.len()));
    out.extend(stream);
    next.iter().for_each(|value| out.extend(value.to_le_bytes()));
    for at in 0..lists {
        for _ in 0..SIZE / 4 - 1 {
            out.extend(all_tables.next().unwrap_or(FREE).to_le_bytes());
        }
        let following = if at + 1 == lists { END } else { number(first_list + at + 1) };
        out.extend(following.to_le_bytes());
    }
    out
}

fn directory(name: &str, length: usize) -> [u8; 512] {
    let mut out = [0; 512];
    for (at, name, kind, start, length) in
        [(0, "Root Entry", 5, END, 0), (128, name, 2, 1, u32::try_from(length).unwrap_or(FREE))]
    {
        let entry = &mut out[at..at + 128];
        let letters: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry[..letters.len()].copy_from_slice(&letters);
        entry[64] = u8::try_from(letters.len() + 2).unwrap_or(64);
        (entry[66], entry[67]) = (kind, 1);
        entry[68..80].fill(0xFF);
        entry[116..120].copy_from_slice(&start.to_le_bytes());
        entry[120..124].copy_from_slice(&length.to_le_bytes());
    }
    out[76..80].copy_from_slice(&1_u32.to_le_bytes());
    out
}
