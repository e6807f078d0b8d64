//! Iteration over the fields of a message, without copying.

/// The content of a field. Groups are not supported; they have been deprecated since Protocol Buffers 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed64(u64),
    Fixed32,
}

/// The error for an invalid or unsupported field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnsupportedField;

/// An iterator over the fields of a message.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// Returns the number of bytes left.
    pub(super) fn rest(&self) -> usize {
        self.rest.len()
    }

    /// Returns the next field and its number, or `None` at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, UnsupportedField> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = u32::try_from(self.varint()?).map_err(|_| UnsupportedField)?;
        let number = tag >> 3;
        if number == 0 {
            return Err(UnsupportedField);
        }
        let field = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.take_chunk()?)),
            2 => {
                let len = usize::try_from(self.varint()?).map_err(|_| UnsupportedField)?;
                Field::Bytes(self.take(len)?)
            }
            5 => self.take_chunk::<4>().map(|_| Field::Fixed32)?,
            _ => return Err(UnsupportedField),
        };
        Ok(Some((number, field)))
    }

    fn take_chunk<const N: usize>(&mut self) -> Result<[u8; N], UnsupportedField> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(UnsupportedField)?;
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8], UnsupportedField> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(UnsupportedField)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, UnsupportedField> {
        let (&first, rest) = self.rest.split_first().ok_or(UnsupportedField)?;
        if first < 0x80 {
            self.rest = rest;
            return Ok(first.into());
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, UnsupportedField> {
        let mut value = 0;
        for at in 0..10_u32 {
            let byte = *self.rest.get(at as usize).ok_or(UnsupportedField)?;
            // Only one bit of the tenth byte belongs to the number.
            if at == 9 && byte > 1 {
                return Err(UnsupportedField);
            }
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                self.rest = &self.rest[at as usize + 1..];
                return Ok(value);
            }
        }
        Err(UnsupportedField)
    }
}

/// Truncates a number to 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "the protocol requires it")]
pub(super) fn int32(value: u64) -> i32 {
    value as i32
}
