//! The fields of a message, one after another, in place.

/// A field's content. Groups are not among them: nobody has written one for twenty years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed64(u64),
    Fixed32,
}

/// Something that is no field, or one that is not read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unusual;

/// Walks over the fields of a message.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// Tells how many bytes are still to come.
    pub(super) fn rest(&self) -> usize {
        self.rest.len()
    }

    /// Returns the next field with its number, or nothing at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, Unusual> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = u32::try_from(self.varint()?).map_err(|_| Unusual)?;
        let number = tag >> 3;
        if number == 0 {
            return Err(Unusual);
        }
        let field = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.take_chunk()?)),
            2 => {
                let len = usize::try_from(self.varint()?).map_err(|_| Unusual)?;
                Field::Bytes(self.take(len)?)
            }
            5 => self.take_chunk::<4>().map(|_| Field::Fixed32)?,
            _ => return Err(Unusual),
        };
        Ok(Some((number, field)))
    }

    fn take_chunk<const N: usize>(&mut self) -> Result<[u8; N], Unusual> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Unusual)?;
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8], Unusual> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Unusual)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Unusual> {
        let (&first, rest) = self.rest.split_first().ok_or(Unusual)?;
        if first < 0x80 {
            self.rest = rest;
            return Ok(first.into());
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, Unusual> {
        let mut value = 0;
        for at in 0..10_u32 {
            let byte = *self.rest.get(at as usize).ok_or(Unusual)?;
            // Of the tenth byte only one bit belongs to the number.
            if at == 9 && byte > 1 {
                return Err(Unusual);
            }
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                self.rest = &self.rest[at as usize + 1..];
                return Ok(value);
            }
        }
        Err(Unusual)
    }
}

/// Numbers of 32 bits are cut to size, whatever is said.
#[expect(clippy::cast_possible_truncation, reason = "the protocol has it so")]
pub(super) fn int32(value: u64) -> i32 {
    value as i32
}
