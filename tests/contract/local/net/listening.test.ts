import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { request } from 'node:https'
import { connect, createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCertificate } from '../../../../local/net/certificate.ts'
import { createDualProtocolServer, type DualProtocolServer } from '../../../../local/net/dual-protocol-server.ts'

let server: DualProtocolServer
let directory: string
beforeEach(async () => {
  server = createDualProtocolServer((message, response) => {
    response.end(`HTTP/${message.httpVersion}`)
  })
  directory = await mkdtemp(join(tmpdir(), 'listening-'))
})
afterEach(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

const hasIpv6Loopback = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
const onIpv6 = hasIpv6Loopback ? test : test.skip

const textOf = async (url: string) => (await fetch(url)).text()

onIpv6('localhost answers on ::1 and on 127.0.0.1, on one port', async () => {
  const port = await server.listen(0)
  expect(await textOf(`http://[::1]:${port}/`)).toBe('HTTP/1.1')
  expect(await textOf(`http://127.0.0.1:${port}/`)).toBe('HTTP/1.1')
})

onIpv6('a port that another program has on ::1 is taken', async () => {
  const occupant = createServer().listen(0, '::1')
  await once(occupant, 'listening')
  const { port } = occupant.address() as { port: number }
  await expect(server.listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  // Nothing listens on 127.0.0.1.
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  other.close()
  occupant.close()
})

test('other addresses are served only with a host', async () => {
  const closed = await server.listen(0)
  const refused = connect(closed, '127.0.0.2')
  await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await server.close()
  const open = await server.listen(0, { host: '0.0.0.0' })
  expect(await textOf(`http://127.0.0.2:${open}/`)).toBe('HTTP/1.1')
})

test('a host that does not resolve is an error', async () => {
  await expect(server.listen(0, { host: 'no-such-host.invalid' })).rejects.toThrow(
    '--host is "no-such-host.invalid", which is no address or known name',
  )
})

describe('with TLS', () => {
  test.each(['localhost', '127.0.0.1', '::1', '127.0.0.3'])('the certificate is valid for %s', async (name) => {
    const tls = await openCertificate(directory, '127.0.0.3')
    const port = await server.listen(0, { tls })
    const host = name === '::1' && !hasIpv6Loopback ? 'localhost' : name === '127.0.0.3' ? '127.0.0.1' : name
    const call = request({ host, port, ca: tls.certificate, servername: name === '127.0.0.3' ? '' : undefined })
    call.end()
    const [response] = await once(call, 'response')
    expect(String(await response.toArray())).toBe('HTTP/1.1')
    call.destroy()
  })

  test('HTTP/2 is chosen by ALPN', async () => {
    const tls = await openCertificate(directory, undefined)
    const port = await server.listen(0, { tls })
    const session = connectHttp2(`https://localhost:${port}`, { ca: tls.certificate })
    const call = session.request({ ':path': '/' })
    expect(String(await call.toArray())).toBe('HTTP/2.0')
    session.close()
  })

  test('a client that does not trust the certificate is refused, and the next one is served', async () => {
    const tls = await openCertificate(directory, undefined)
    const port = await server.listen(0, { tls })
    const stranger = request({ host: 'localhost', port })
    await expect(once(stranger.end(), 'response')).rejects.toThrow(/self-signed certificate/)
    expect(await textOf(`http://127.0.0.1:${port}/`)).toBe('HTTP/1.1')
  })

  test('plain HTTP from another address is refused with the remedy', async () => {
    const tls = await openCertificate(directory, undefined)
    const port = await server.listen(0, { tls, host: '0.0.0.0' })
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(String(await socket.toArray())).toMatch(/^HTTP\/1\.1 400 .*use https:\/\//s)
  })
})

describe('the certificate', () => {
  test('is created once, for the requested names, with a key that only its owner can read', async () => {
    const first = await openCertificate(directory, undefined)
    expect((await openCertificate(directory, undefined)).certificate).toBe(first.certificate)
    expect(await readFile(first.file, 'utf8')).toBe(first.certificate)
    expect((await stat(join(directory, 'private-key.pem'))).mode & 0o777).toBe(0o600)
    const wider = await openCertificate(directory, 'laptop.example')
    expect(wider.certificate).not.toBe(first.certificate)
    expect((await openCertificate(directory, undefined)).certificate).toBe(wider.certificate)
  })

  test.each(['certificate.pem', 'private-key.pem'])('is replaced if %s is damaged', async (name) => {
    const { certificate } = await openCertificate(directory, undefined)
    await writeFile(join(directory, name), 'damaged')
    expect((await openCertificate(directory, undefined)).certificate).not.toBe(certificate)
  })

  test('is replaced before it expires', async () => {
    const { certificate } = await openCertificate(directory, undefined)
    jest.useFakeTimers({
      now: Date.now() + 710 * 24 * 60 * 60_000,
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout'],
    })
    try {
      expect((await openCertificate(directory, undefined)).certificate).not.toBe(certificate)
    } finally {
      jest.useRealTimers()
    }
  })
})
