import { chooseBedrock } from '../../../local/bedrock-access.ts'
import type { FunctionModel } from '../../../local/template/model.ts'

const EMBEDDED = 'http://127.0.0.1:3002'
const declaring = (value?: string) =>
  ({
    environment: value === undefined ? {} : { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: value },
  }) as unknown as FunctionModel

it.each([
  ['nothing', undefined],
  ['an empty value', ''],
  ['the address of this very API, as clients are told to set it', 'http://127.0.0.1:3000'],
  ['the same by name', 'http://localhost:3000/'],
])('%s means the emulator', (_name, address) => {
  const shell = { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: address, AWS_ACCESS_KEY_ID: 'of the shell' }
  const bedrock = chooseBedrock(shell, EMBEDDED, [3000, 3001, 3002])
  expect(bedrock.isEmbedded).toBe(true)
  expect(bedrock.overrides(declaring(''))).toEqual({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: EMBEDDED })
})

it('another address comes with the credentials and the region of the shell', () => {
  const address = 'https://bedrock-runtime.eu-west-1.amazonaws.com'
  const shell = {
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: address,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
    AWS_REGION: 'eu-west-1',
    OTHER: 'x',
  }
  const bedrock = chooseBedrock(shell, EMBEDDED, [3000])
  expect(bedrock.isEmbedded).toBe(false)
  expect(bedrock.overrides(declaring(''))).toEqual({
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: address,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
    AWS_REGION: 'eu-west-1',
  })
})

it.each([undefined, 'https://of.the.template'])('a function that declares %s keeps it', (value) => {
  expect(chooseBedrock({}, EMBEDDED, []).overrides(declaring(value))).toEqual({})
})
