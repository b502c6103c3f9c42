import { GetObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { createObjectStore } from '@bedrock-functions/runtime/object-store'

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

afterEach(() => {
  delete process.env.AWS_ENDPOINT_URL_S3
})

test.each([
  [
    'stands in the path of a server that the environment names',
    'http://host.docker.internal:3003',
    '/jobs/inbox/a.txt',
  ],
  ['stands in the name of AWS’s server, which has a name for each bucket', '', '/inbox/a.txt'],
])('a bucket %s', async (_title, address, path) => {
  process.env.AWS_ENDPOINT_URL_S3 = address
  const { signer } = createObjectStore('jobs', { region: 'us-east-1', credentials })
  const url = new URL(await getSignedUrl(signer, new GetObjectCommand({ Bucket: 'jobs', Key: 'inbox/a.txt' })))
  expect(`${url.origin}${url.pathname}`).toBe(`${address || 'https://jobs.s3.us-east-1.amazonaws.com'}${path}`)
})
