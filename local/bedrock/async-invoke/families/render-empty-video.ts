/** Renders an MP4 of that length without a track: a file type box and a movie header. Source: ISO/IEC 14496-12, 8.2.2. */
export function renderEmptyVideo(seconds: number): Uint8Array {
  const fileType = box('ftyp', Buffer.from('isom\0\0\x02\0isommp41', 'latin1'))
  return Buffer.concat([fileType, box('moov', box('mvhd', renderMovieHeader(seconds)))])
}

/** Version 0: times in milliseconds, normal rate and volume, the identity as matrix, no track yet. */
function renderMovieHeader(seconds: number): Buffer {
  const header = Buffer.alloc(100)
  header.writeUInt32BE(1_000, 12)
  header.writeUInt32BE(seconds * 1_000, 16)
  header.writeUInt32BE(0x00010000, 20)
  header.writeUInt16BE(0x0100, 24)
  header.writeUInt32BE(0x00010000, 36)
  header.writeUInt32BE(0x00010000, 52)
  header.writeUInt32BE(0x40000000, 68)
  header.writeUInt32BE(1, 96)
  return header
}

function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(head.length + content.length, 0)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, content])
}
