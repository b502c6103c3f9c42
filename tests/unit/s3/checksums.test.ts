import { CHECKSUM_ALGORITHMS, composeChecksum, createChecksum, renderDigest } from '../../../local/s3/body/checksums.ts'

/** Checksums of "123456789". Source: the CRC catalogue (reveng.sourceforge.io) and FIPS 180. */
const CHECK_VALUES = {
  crc32: 'cbf43926',
  crc32c: 'e3069283',
  crc64nvme: 'ae8b14860a799888',
  sha1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
}

test.each(CHECKSUM_ALGORITHMS)('%s of several pieces equals that of one piece', async (algorithm) => {
  for (const pieces of [['123456789'], ['1', '', '2345678', '9']]) {
    const checksum = createChecksum(algorithm)
    for (const piece of pieces) checksum.update(Buffer.from(piece))
    expect(await renderDigest(checksum)).toBe(Buffer.from(CHECK_VALUES[algorithm], 'hex').toString('base64'))
  }
})

test('a composite checksum is the checksum of the parts’ checksums', async () => {
  const parts = [Buffer.from('1234'), Buffer.from('56789')].map((part) => part.toString('base64'))
  const expected = `${Buffer.from(CHECK_VALUES.crc32, 'hex').toString('base64')}-2`
  expect(await composeChecksum('crc32', parts)).toEqual({ algorithm: 'crc32', value: expected, type: 'COMPOSITE' })
})
