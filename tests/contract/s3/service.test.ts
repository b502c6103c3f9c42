import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { createS3Server, DirectoryInUseError } from '@bedrock-functions/s3-emulator'
import { sendRaw } from '../../support/raw-http.ts'
import { ACCOUNT_ID, failureOf, PLAIN, REGION, type RunningS3, startS3, VERSIONED } from './support/start-s3.ts'

let s3: RunningS3
beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.close())

const put = (input: object = {}) =>
  s3.client.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'key', Body: 'x', ...input }))

describe('buckets', () => {
  test('are created, listed and headed, and survive a restart', async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: 'made-by-hand' }))
    await s3.client.send(new PutObjectCommand({ Bucket: 'made-by-hand', Key: 'key', Body: 'x' }))
    s3 = await s3.restart()
    const { Buckets } = await s3.client.send(new ListBucketsCommand({}))
    expect(Buckets?.map(({ Name }) => Name)).toEqual(['made-by-hand', PLAIN, VERSIONED])
    const head = await s3.client.send(new HeadBucketCommand({ Bucket: 'made-by-hand' }))
    expect(head.BucketRegion).toBe(REGION)
    await s3.client.send(new GetObjectCommand({ Bucket: 'made-by-hand', Key: 'key' }))
  })

  test('are refused when the name is taken or invalid', async () => {
    const create = (Bucket: string) => failureOf(s3.client.send(new CreateBucketCommand({ Bucket })))
    expect(await create(PLAIN)).toEqual({ code: 'BucketAlreadyOwnedByYou', statusCode: 409 })
    expect(await create('Not_A_Name')).toEqual({ code: 'InvalidBucketName', statusCode: 400 })
  })

  test('that do not exist are NoSuchBucket', async () => {
    expect(await failureOf(put({ Bucket: 'missing' }))).toEqual({ code: 'NoSuchBucket', statusCode: 404 })
    expect(await failureOf(s3.client.send(new HeadBucketCommand({ Bucket: 'missing' })))).toMatchObject({
      statusCode: 404,
    })
  })

  test('of another expected owner are AccessDenied', async () => {
    await put({ ExpectedBucketOwner: ACCOUNT_ID })
    expect(await failureOf(put({ ExpectedBucketOwner: '999999999999' }))).toEqual({
      code: 'AccessDenied',
      statusCode: 403,
    })
  })
})

describe('errors', () => {
  test('are XML documents as in S3', async () => {
    const response = await fetch(`${s3.url}/${PLAIN}/a%26b`)
    const id = response.headers.get('x-amz-request-id')
    expect(id).toMatch(/^[\dA-Z]{16}$/)
    expect(response.headers.get('content-type')).toBe('application/xml')
    expect(await response.text()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>' +
        '<Message>The specified key does not exist.</Message><Key>a&amp;b</Key>' +
        `<RequestId>${id}</RequestId><HostId>${response.headers.get('x-amz-id-2')}</HostId></Error>`,
    )
  })

  test('have no body for HEAD', async () => {
    const call = s3.client.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'missing' }))
    expect(await failureOf(call)).toEqual({ code: 'NotFound', statusCode: 404 })
  })

  test.each([
    ['GET', `/${PLAIN}/key?tagging`, ''],
    ['GET', `/${PLAIN}`, ''],
    ['DELETE', `/${PLAIN}`, ''],
    ['PUT', `/${PLAIN}?versioning`, ''],
    ['GET', `/${PLAIN}/key?partNumber=1`, ''],
    ['PATCH', `/${PLAIN}/key`, ''],
    ['PUT', `/${PLAIN}/key`, 'x-amz-tagging: a=b\r\n'],
    ['PUT', `/${PLAIN}/key`, 'x-amz-storage-class: GLACIER\r\n'],
    ['PUT', `/${PLAIN}/key`, 'x-amz-acl: public-read\r\n'],
  ])('%s %s %s is NotImplemented', async (method, path, header) => {
    const reply = await sendRaw(
      s3.url,
      `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${header}content-length: 0\r\n\r\n`,
    )
    expect(reply).toMatchObject({ statusCode: 501, body: expect.stringContaining('<Code>NotImplemented</Code>') })
  })

  test('have names and statuses that the SDK reads', async () => {
    const call = s3.client.send(new GetObjectTaggingCommand({ Bucket: PLAIN, Key: 'key' }))
    expect(await failureOf(call)).toEqual({ code: 'NotImplemented', statusCode: 501 })
  })

  test.each([
    ['a malformed escape', `PUT /${PLAIN}/%zz`, 'content-length: 0', 'InvalidURI'],
    ['no length', `PUT /${PLAIN}/key`, 'transfer-encoding: chunked', 'MissingContentLength'],
    ['6 GB', `PUT /${PLAIN}/key`, 'content-length: 6000000000', 'EntityTooLarge'],
    [
      'another payload',
      `PUT /${PLAIN}/key`,
      `content-length: 0\r\nx-amz-content-sha256: ${'0'.repeat(64)}`,
      'XAmzContentSHA256Mismatch',
    ],
    [
      'two checksums',
      `PUT /${PLAIN}/key`,
      'content-length: 0\r\nx-amz-checksum-crc32: a\r\nx-amz-checksum-sha1: a',
      'InvalidRequest',
    ],
    [
      'a body that is not XML',
      `POST /${PLAIN}?delete`,
      'content-length: 0\r\ncontent-md5: 1B2M2Y8AsgTpgAmY7PhCfg==',
      'MalformedXML',
    ],
  ])('of a request with %s have the code of S3', async (_name, start, headers, code) => {
    const reply = await sendRaw(s3.url, `${start} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n\r\n`)
    expect(reply.body).toContain(`<Code>${code}</Code>`)
  })

  test('of an interrupted body leave no object', async () => {
    const socketBroken = fetch(`${s3.url}/${PLAIN}/broken`, {
      method: 'PUT',
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.alloc(100_000))
          controller.error(new Error('gone'))
        },
      }),
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '200000',
      },
      duplex: 'half',
    } as RequestInit)
    await expect(socketBroken).rejects.toThrow()
    expect((await fetch(`${s3.url}/${PLAIN}/broken`)).status).toBe(404)
  })
})

describe('the fault switch', () => {
  afterEach(() => s3.server.setFault(undefined))

  test('fails the next matching requests', async () => {
    const fault = { operation: 'PutObject', keyPrefix: 'jobs/', status: 503, code: 'SlowDown', times: 2 } as const
    s3.server.setFault(fault)
    await put({ Key: 'other' })
    expect(await failureOf(put({ Key: 'jobs/1' }))).toEqual({ code: 'SlowDown', statusCode: 503 })
    await put({ Key: 'jobs/1' }).catch(() => {})
    await put({ Key: 'jobs/1' })
  })

  test('ends before the retries of the SDK', async () => {
    s3.server.setFault({ status: 503, code: 'SlowDown', times: 1 })
    const { $metadata } = await s3
      .connect({ maxAttempts: 2 })
      .send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'key' }))
    expect($metadata.attempts).toBe(2)
  })

  test('can replace the answer of an operation that took effect', async () => {
    s3.server.setFault({ status: 500, code: 'InternalError', times: 1, stage: 'after' })
    expect(await failureOf(put({ Key: 'done', IfNoneMatch: '*' }))).toEqual({ code: 'InternalError', statusCode: 500 })
    expect(await failureOf(put({ Key: 'done', IfNoneMatch: '*' }))).toEqual({
      code: 'PreconditionFailed',
      statusCode: 412,
    })
  })
})

test('a second server on the same directory is refused', async () => {
  const second = createS3Server({ directory: s3.directory, buckets: [] })
  await expect(second.listen(0)).rejects.toThrow(DirectoryInUseError)
})

test('onRequest is called once for each request', async () => {
  await put({ Key: 'reported' })
  expect(s3.summaries.filter(({ key }) => key === 'reported')).toEqual([
    { operation: 'PutObject', bucket: PLAIN, key: 'reported', statusCode: 200, durationMs: expect.any(Number) },
  ])
  expect(s3.summaries.filter(({ failure }) => failure !== undefined)).toEqual([])
})

test('h2c is served on the same port', async () => {
  const session = connectHttp2(s3.url)
  const send = async (method: string, body = '') => {
    const length = Buffer.byteLength(body)
    const headersSent = { ':method': method, ':path': `/${PLAIN}/h2`, 'content-length': length }
    const call = session.request(headersSent, { endStream: length === 0 })
    if (length > 0) call.end(body)
    const [headers] = await once(call, 'response')
    let text = ''
    for await (const chunk of call) text += chunk
    return [headers[':status'], text]
  }
  await put({ Key: 'h2', Body: 'over HTTP/1.1' })
  expect(await send('GET')).toEqual([200, 'over HTTP/1.1'])
  expect(await send('PUT', 'over HTTP/2')).toEqual([200, ''])
  expect(await send('GET')).toEqual([200, 'over HTTP/2'])
  expect(await send('DELETE')).toEqual([204, ''])
  expect((await send('GET'))[0]).toBe(404)
  session.close()
})
