import { createObjectStore } from '@bedrock-functions/runtime/object-store'
import { findUploadOrigin } from '../../../functions/invoke/console-route.ts'
import { signUpload } from '../../../layers/runtime/src/jobs/outputs.ts'

const BUCKET = 'stack-jobsbucket-1a2b3c'
const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }

test.each(['us-east-1', 'eu-central-1', 'us-gov-west-1', 'cn-north-1'])(
  'the security policy of the page names the origin of uploads in %s',
  async (region) => {
    const store = createObjectStore(BUCKET, { region, credentials })
    const { url } = await signUpload(store, 'owner', { contentType: 'text/plain' })
    expect(findUploadOrigin({ JOBS_BUCKET: BUCKET, AWS_REGION: region, AWS_ENDPOINT_URL_S3: '' })).toBe(
      new URL(url).origin,
    )
  },
)

test('another S3 replaces that of AWS', () => {
  expect(findUploadOrigin({ JOBS_BUCKET: BUCKET, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:3003/' })).toBe(
    'http://127.0.0.1:3003',
  )
})
