import {
  collectMediaUris,
  collectTexts,
  condenseMedia,
  hashJson,
} from '../../../local/bedrock/async-invoke/model-input.ts'

const INPUT = {
  inputType: 'multi_input',
  multi_input: {
    inputText: 'a dog',
    mediaSources: [{ name: 'one', base64String: 'AAAA' }, { s3Location: { uri: 's3://bucket/dog.png' } }],
  },
  images: [{ source: { bytes: 'AAAA' } }, { source: { s3Location: { uri: 's3://bucket/cat.png' } } }],
  seed: 1,
  nothing: null,
}

test('media are replaced by hashes, and everything else is unchanged', () => {
  const text = JSON.stringify(condenseMedia(INPUT))
  const hash = 'sha256:63c1dd951ffedf6f7fd968ad4efa39b8ed584f162f46e715114ee184f8de9201'

  expect(text).toBe(JSON.stringify(INPUT).replaceAll('"AAAA"', `"${hash}"`))
})

test('texts are found everywhere except in media', () => {
  expect(collectTexts(INPUT)).toEqual(['multi_input', 'a dog', 'one', 's3://bucket/dog.png', 's3://bucket/cat.png'])
})

test('media in S3 are found in order', () => {
  expect(collectMediaUris(INPUT)).toEqual(['s3://bucket/dog.png', 's3://bucket/cat.png'])
})

test('a hash depends on the order of lists and not of members', () => {
  const hashes = [
    { a: [1, 2], b: { c: 1, d: 2 } },
    { b: { d: 2, c: 1 }, a: [1, 2] },
    { a: [2, 1], b: { c: 1, d: 2 } },
  ].map(hashJson)

  expect([hashes[0] === hashes[1], hashes[0] === hashes[2]]).toEqual([true, false])
})
