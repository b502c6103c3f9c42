import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { TlsIdentity } from './dual-protocol-server.ts'

/** Certificate with its path for clients. */
export interface Certificate extends TlsIdentity {
  /** Absolute path of its PEM. */
  readonly file: string
}

const DAY_MS = 24 * 60 * 60_000

/** Validity of a certificate. Apple's limit is 825 days. */
const VALIDITY_MS = 730 * DAY_MS

/** A certificate with less time left is replaced. */
const MIN_REMAINING_MS = 30 * DAY_MS

/** Clocks of clients may be behind. */
const CLOCK_SKEW_MS = 60 * 60_000

const NAMES = ['localhost', '127.0.0.1', '::1']

/**
 * The self-signed certificate of a directory, for `localhost`, both loopback addresses and `host`. It is made where there
 * is none, where it ends soon and where it lacks a name. The private key is for its owner alone.
 */
export async function openCertificate(directory: string, host: string | undefined): Promise<Certificate> {
  const file = join(directory, 'certificate.pem')
  const keyFile = join(directory, 'private-key.pem')
  const names = host === undefined ? NAMES : [...new Set([...NAMES, host])]
  const kept = await readIdentity(file, keyFile)
  if (kept && isUsable(kept, names)) return { ...kept, file }
  const made = await makeIdentity(names)
  await mkdir(directory, { recursive: true })
  await writeFile(keyFile, made.privateKey, { mode: 0o600 })
  await writeFile(file, made.certificate)
  return { ...made, file }
}

async function readIdentity(file: string, keyFile: string): Promise<TlsIdentity | undefined> {
  try {
    const [certificate, privateKey] = await Promise.all([readFile(file, 'utf8'), readFile(keyFile, 'utf8')])
    return { certificate, privateKey }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function isUsable(kept: TlsIdentity, names: readonly string[]): boolean {
  let certificate: X509Certificate
  let privateKey: KeyObject
  try {
    certificate = new X509Certificate(kept.certificate)
    privateKey = createPrivateKey(kept.privateKey)
  } catch {
    // A damaged file is replaced.
    return false
  }
  const remainingMs = certificate.validToDate.getTime() - Date.now()
  const isNamed = (name: string) =>
    (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
  return (
    remainingMs > MIN_REMAINING_MS &&
    names.every(isNamed) &&
    // The end of a process may have come between the two files.
    certificate.checkPrivateKey(privateKey)
  )
}

async function makeIdentity(names: readonly string[]): Promise<TlsIdentity> {
  // Most runs need none.
  const { generate } = await import('selfsigned')
  const { cert, private: privateKey } = await generate(
    [{ name: 'commonName', value: 'bedrock-functions local stack' }],
    {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(Date.now() - CLOCK_SKEW_MS),
      notAfterDate: new Date(Date.now() + VALIDITY_MS),
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
        },
      ],
    },
  )
  return { certificate: `${cert.trim()}\n`, privateKey }
}
