import { createJobId, ownerOf } from '@bedrock-functions/runtime/core'
import { jobKey, openKey, parseJobKey, parseOpenKey } from '@bedrock-functions/runtime/jobs'
import { invertId } from '../../../../layers/runtime/src/core/job-id.ts'
import { bedrockKey, jobsPrefix, tokenKey } from '../../../../layers/runtime/src/jobs/layout.ts'

const owner = ownerOf('arn:aws:sts::123456789012:assumed-role/app')
const id = createJobId(Date.UTC(2026, 10, 21))
const inverted = invertId(id)

test('keys of a job are parsed to their parts', () => {
  for (const file of ['input', 'request.json', 'lease.json', 'end.json', 'end.Completed', 'end.Failed'] as const) {
    const key = jobKey({ owner, id }, file)
    expect(key).toBe(`jobs/${owner}/${inverted}/${file}`)
    expect(parseJobKey(key)).toEqual({ owner, id, file })
  }
  expect(parseOpenKey(openKey({ owner, id }))).toEqual({ owner, id })
})

test.each([
  [''],
  ['request.json'],
  [`jobs/${owner}/${inverted}`],
  [`jobs/${owner}/${inverted}/`],
  [`jobs/${owner}/${inverted}/request.json/more`],
  [`jobs/${owner}/${inverted}/request.json/`],
  [`jobs/${owner}//request.json`],
  [`jobs//${inverted}/request.json`],
  [`/jobs/${owner}/${inverted}/request.json`],
  [`Jobs/${owner}/${inverted}/request.json`],
  [`output/jobs/${owner}/${inverted}/request.json`],
  [`jobs/${owner}/../request.json`],
  [`jobs/../${inverted}/request.json`],
  [`jobs/${owner.toUpperCase()}/${inverted}/request.json`],
  [`jobs/${owner}0/${inverted}/request.json`],
  [`jobs/${owner}/${inverted}0/request.json`],
  [`jobs/${owner}/${inverted.slice(1)}/request.json`],
  [`jobs/${owner}/${inverted.toUpperCase()}/request.json`],
  [`jobs/${owner}\n/${inverted}/request.json`],
  [`jobs/${owner}/${inverted}\n/request.json`],
])('%j is not a key of a job', (key) => {
  expect(parseJobKey(key)).toBeUndefined()
})

test.each([
  ['open/'],
  [`open/${id}`],
  [`open/${id}~`],
  [`open/~${owner}`],
  [`open/${id}~${owner}/x`],
  [`open/${id}~${owner}\n`],
  [`open/x/${id}~${owner}`],
  [`open/${id.toUpperCase()}~${owner}`],
  [`OPEN/${id}~${owner}`],
  [`jobs/${owner}/${inverted}/request.json`],
])('%j is not a key of an open job', (key) => {
  expect(parseOpenKey(key)).toBeUndefined()
})

test('identities and tokens are not in keys, and two of them never share a key', () => {
  const callers = ['key:a', 'key:A', 'key:a ', 'arn:aws:iam::123456789012:user/a', '', 'anonymous']
  expect(new Set(callers.map(ownerOf)).size).toBe(callers.length)
  for (const caller of callers) expect(ownerOf(caller)).toMatch(/^[0-9a-f]{32}$/)
  const tokens = ['a', 'A', '../a', 'a/b', '!~', 'x'.repeat(256)]
  const keys = tokens.map((token) => tokenKey(owner, token))
  expect(new Set(keys).size).toBe(tokens.length)
  for (const key of keys) expect(key).toMatch(new RegExp(`^tokens/${owner}/[0-9a-f]{64}$`))
  expect(tokenKey(ownerOf('key:b'), 'a')).not.toBe(tokenKey(owner, 'a'))
  expect(bedrockKey(owner, id)).toBe(`bedrock/${owner}/${id}`)
  expect(jobsPrefix(owner)).toBe(`jobs/${owner}/`)
})
