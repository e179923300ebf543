/** Bytes that one turn of the loop takes, a table each. */
const SLICES = 8;

/** `TABLES[256 k + b]`: the CRC of byte b followed by k zero bytes. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const crc = tables[i - 256];
    tables[i] = tables[crc & 255] ^ (crc >>> 8);
  }
  return tables;
}

/**
 * CRC-32 of PNG and zip (ISO 3309, polynomial 0xedb88320) as an unsigned integer.
 *
 * Slicing by 8 (Kounavis and Berry 2005): the tables of eight bytes are looked up at once, since
 * one byte a turn waits for the one before.
 */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  let i = 0;
  for (const end = bytes.length - SLICES; i <= end; i += SLICES) {
    crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    crc = TABLES[1792 + (crc & 255)] ^ TABLES[1536 + (crc >>> 8 & 255)] ^
      TABLES[1280 + (crc >>> 16 & 255)] ^ TABLES[1024 + (crc >>> 24)] ^
      TABLES[768 + bytes[i + 4]] ^ TABLES[512 + bytes[i + 5]] ^
      TABLES[256 + bytes[i + 6]] ^ TABLES[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) crc = TABLES[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
