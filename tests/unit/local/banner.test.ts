import { describeStack } from '../../../local/banner.ts'
import type { LocalStack } from '../../../local/start-local-stack.ts'
import type { LoadedTemplate } from '../../../local/template/model.ts'

const stack = {
  apiUrl: 'http://127.0.0.1:3000',
  emulatorUrl: 'http://127.0.0.1:3002',
  bedrock: { isEmbedded: true },
} as unknown as LocalStack
const template = { region: 'us-east-1' } as unknown as LoadedTemplate

it('names the function URL where there is one', () => {
  expect(describeStack({ ...stack, functionUrl: 'http://127.0.0.1:3001' }, template, undefined)).toMatch(
    /^API {15}http:\/\/127\.0\.0\.1:3000\nFunction URL {6}http:\/\/127\.0\.0\.1:3001\nBedrock emulator {2}http/,
  )
  expect(describeStack(stack, template, undefined)).not.toContain('Function URL')
})

it('says where prompts go that the shell sends elsewhere', () => {
  expect(describeStack(stack, template, undefined)).not.toContain('OPENAI')
  expect(describeStack(stack, template, 'http://127.0.0.1:11434/v1')).toContain(
    'prompts go to http://127.0.0.1:11434/v1',
  )
})
