import { embeddedService, readShellServices } from '../../../local/service-access.ts'
import type { FunctionModel } from '../../../local/template/model.ts'

const BEDROCK = 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME'
const EMBEDDED = 'http://127.0.0.1:3002'
const declaring = (value?: string) =>
  ({ environment: value === undefined ? {} : { [BEDROCK]: value } }) as unknown as FunctionModel

test.each([
  ['nothing', undefined],
  ['an empty value', ''],
  ['the address of this very API, as clients are told to set it', 'http://127.0.0.1:3000'],
  ['the same by name', 'http://localhost:3000/'],
])('%s selects the embedded server', (_name, address) => {
  expect(readShellServices({ [BEDROCK]: address }, [3000, 3001, 3002])(BEDROCK)).toBeUndefined()
})

test('another address brings the credentials and the region of the shell', () => {
  const address = 'https://bedrock-runtime.eu-west-1.amazonaws.com'
  const shell = {
    [BEDROCK]: address,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
    AWS_REGION: 'eu-west-1',
    OTHER: 'x',
  }
  const bedrock = readShellServices(shell, [3000])(BEDROCK)
  expect(bedrock).toMatchObject({ endpoint: address, isEmbedded: false })
  expect(bedrock?.overrides(declaring(''))).toEqual({
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: address,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
    AWS_REGION: 'eu-west-1',
  })
})

test('a function with an empty variable gets the address and no credentials of the shell', () => {
  expect(embeddedService(BEDROCK, EMBEDDED).overrides(declaring(''))).toEqual({ [BEDROCK]: EMBEDDED })
})

test.each([undefined, 'https://of.the.template'])('a function with the value %s keeps it', (value) => {
  expect(embeddedService(BEDROCK, EMBEDDED).overrides(declaring(value))).toEqual({})
})
