import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PERSONAL_DATA } from '../../../local/bedrock/guardrails/personal-data.ts'
import { createPolicies } from '../../../local/bedrock/guardrails/policies.ts'
import { cpuMsSince } from '../../support/cpu-time.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/guardrails.md'), 'utf8')

test('the policy file in docs/guardrails.md is valid', () => {
  const directory = mkdtempSync(join(tmpdir(), 'guardrails-'))
  const file = join(directory, 'guardrails.json')
  writeFileSync(file, /<<'JSON'\n([\s\S]*?)JSON\n/.exec(PAGE)?.[1] ?? '')

  const policy = createPolicies(file).find('abcdefghijkl', 'DRAFT')

  expect(policy?.topics[0]?.phrases).toEqual(['tax advice', 'evade taxes'])
  expect(policy?.grounding).toHaveLength(2)
  rmSync(directory, { recursive: true })
})

test.each<[string, string, string | undefined]>([
  ['ADDRESS', 'I live at 12 Long Hill Road, Boston', '12 Long Hill Road'],
  ['AGE', 'she is 37 years old', '37'],
  ['AWS_ACCESS_KEY', 'key AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
  ['CREDIT_DEBIT_CARD_NUMBER', 'card 4111 1111 1111 1111 now', '4111 1111 1111 1111'],
  ['CREDIT_DEBIT_CARD_CVV', 'CVV: 123', '123'],
  ['INTERNATIONAL_BANK_ACCOUNT_NUMBER', 'IBAN DE89 3704 0044 0532 0130 00.', 'DE89 3704 0044 0532 0130 00'],
  ['IP_ADDRESS', 'from 192.168.0.1, really', '192.168.0.1'],
  ['IP_ADDRESS', 'version 1.2.3.4.5', undefined],
  ['MAC_ADDRESS', '00:1A:2b:3c:4d:5e', '00:1A:2b:3c:4d:5e'],
  ['NAME', 'My name is Jane Doe.', 'Jane Doe'],
  ['PASSWORD', 'the password is hunter2', 'hunter2'],
  ['PHONE', '2026-11-21', undefined],
  ['PIN', 'PIN 1234', '1234'],
  ['PIN', 'spinning 1234', undefined],
  ['URL', 'see https://example.com/a?b=c', 'https://example.com/a?b=c'],
  ['US_SOCIAL_SECURITY_NUMBER', '123-45-6789', '123-45-6789'],
  ['US_PASSPORT_NUMBER', 'passport number: 123456789', '123456789'],
])('%s is found in %j', (type, text, match) => {
  const [found] = text.matchAll(PERSONAL_DATA[type] ?? /(?!)/g)
  expect(found?.[0]).toBe(match)
})

test('every type of Bedrock has a pattern, and all are fast', () => {
  expect(Object.keys(PERSONAL_DATA)).toHaveLength(31)
  const texts = ['a', '1', '1-', 'A1 ', '@.', 'password ', ': ', '://'].map((piece) =>
    piece.repeat(100_000 / piece.length),
  )
  const start = process.cpuUsage()
  for (const pattern of Object.values(PERSONAL_DATA)) for (const text of texts) text.replaceAll(pattern, '')
  // About 500 ms.
  expect(cpuMsSince(start)).toBeLessThan(10_000)
})
