/** A checksum of bytes that come piece by piece. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void
  /** Big-endian, as S3 encodes it. */
  digest(): Buffer
}

/** CRC-32C (Castagnoli), reflected; check value E3069283. */
const CRC32C_POLYNOMIAL = 0x82f63b78

/** CRC-64/NVME, reflected, in two halves; check value AE8B14860A799888. */
const CRC64_POLYNOMIAL_HIGH = 0x9a6c9329
const CRC64_POLYNOMIAL_LOW = 0xac4bc9b5

const crc32cTable = new Uint32Array(256)
const crc64High = new Uint32Array(256)
const crc64Low = new Uint32Array(256)
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte
  let high = 0
  let low = byte
  for (let bit = 0; bit < 8; bit += 1) {
    crc = crc & 1 ? (crc >>> 1) ^ CRC32C_POLYNOMIAL : crc >>> 1
    const isOdd = low & 1
    low = (low >>> 1) | (high << 31)
    high >>>= 1
    if (isOdd) {
      high ^= CRC64_POLYNOMIAL_HIGH
      low ^= CRC64_POLYNOMIAL_LOW
    }
  }
  crc32cTable[byte] = crc
  crc64High[byte] = high
  crc64Low[byte] = low
}

/** Node has no native one, unlike CRC-32. */
export function createCrc32c(): RunningChecksum {
  let crc = -1
  return {
    update(bytes) {
      let running = crc
      for (let index = 0; index < bytes.length; index += 1) {
        running = (crc32cTable[(running ^ (bytes[index] as number)) & 0xff] as number) ^ (running >>> 8)
      }
      crc = running
    },
    digest() {
      const digest = Buffer.alloc(4)
      digest.writeInt32BE(~crc)
      return digest
    },
  }
}

/** In halves of 32 bits: BigInt would be some fifty times slower. */
export function createCrc64Nvme(): RunningChecksum {
  let high = -1
  let low = -1
  return {
    update(bytes) {
      let runningHigh = high
      let runningLow = low
      for (let index = 0; index < bytes.length; index += 1) {
        const entry = (runningLow ^ (bytes[index] as number)) & 0xff
        runningLow = ((runningLow >>> 8) | (runningHigh << 24)) ^ (crc64Low[entry] as number)
        runningHigh = (runningHigh >>> 8) ^ (crc64High[entry] as number)
      }
      high = runningHigh
      low = runningLow
    },
    digest() {
      const digest = Buffer.alloc(8)
      digest.writeInt32BE(~high, 0)
      digest.writeInt32BE(~low, 4)
      return digest
    },
  }
}
