import { chooseWay } from '../../../layers/runtime/src/doors/choose-ways.ts'
import { withProjectHeader } from '../../../layers/runtime/src/doors/project-header.ts'

const CLAUDE = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const GPT_OSS = 'openai.gpt-oss-120b-1:0'
const options = { bedrockDoors: true, hasGuardrail: false, hasProject: false, needsConverse: false }

test.each([
  ['AnthropicMessages', CLAUDE, {}, 'bedrock'],
  ['AnthropicMessages', CLAUDE, { bedrockDoors: false }, 'native'],
  ['AnthropicMessages', CLAUDE, { hasGuardrail: true }, 'native'],
  ['AnthropicMessages', CLAUDE, { hasProject: true }, 'native'],
  ['AnthropicMessages', CLAUDE, { needsConverse: true }, 'converse'],
  ['AnthropicMessages', 'us.amazon.nova-lite-v1:0', {}, 'converse'],
  ['OpenAIChatCompletions', GPT_OSS, {}, 'bedrock'],
  ['OpenAIChatCompletions', GPT_OSS, { hasGuardrail: true, hasProject: true }, 'bedrock'],
  ['OpenAIChatCompletions', GPT_OSS, { bedrockDoors: false }, 'converse'],
] as const)('%s of %s with %j is served by %s', (operation, modelId, changes, way) => {
  expect(chooseWay(operation, modelId, { ...options, ...changes })).toBe(way)
})

test.each([
  [{ 'openai-project': 'proj_1' }, 'proj_1'],
  [{ 'openai-project': 'proj_1', 'x-amzn-bedrock-projectidentifier': 'proj_2' }, 'proj_2'],
  [{ 'openai-project': '' }, undefined],
  [{}, undefined],
])('a call with the headers %j has the project %s', (headers: Record<string, string>, project) => {
  expect(withProjectHeader({ headers }).headers['x-amzn-bedrock-projectidentifier']).toBe(project)
})
