import { readContentOptions } from '../../../layers/runtime/src/pipeline/content/content-options.ts'

test('nothing is allowed by default', () => {
  expect(readContentOptions({ INPUT_LOCATIONS: '', JOBS_BUCKET: '' })).toMatchObject({
    inputLocations: [],
    uploadsBucket: undefined,
    autoCache: false,
  })
})

test('locations, the bucket of uploads and automatic caching are read', () => {
  const environment = {
    INPUT_LOCATIONS: 'arn:aws:s3:::media/*, arn:aws-us-gov:s3:::a.b/one.png',
    JOBS_BUCKET: 'jobs',
    AUTO_CACHE: 'true',
  }
  expect(readContentOptions(environment)).toMatchObject({
    inputLocations: ['arn:aws:s3:::media/*', 'arn:aws-us-gov:s3:::a.b/one.png'],
    uploadsBucket: 'jobs',
    autoCache: true,
  })
})

test.each([
  '*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::media*',
  'arn:aws:s3:::media',
  'arn:aws:s3:::a*/b',
  'arn:aws:s3:::media/*/b/*',
  's3://media/',
  'arn:aws:s3:::media/*,',
])('INPUT_LOCATIONS %j is refused', (INPUT_LOCATIONS) => {
  expect(() => readContentOptions({ INPUT_LOCATIONS })).toThrow(/^INPUT_LOCATIONS has/)
})

test('AUTO_CACHE is true or false', () => {
  expect(() => readContentOptions({ AUTO_CACHE: 'yes' })).toThrow('AUTO_CACHE is "yes"')
})
