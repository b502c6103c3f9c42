import AnthropicBedrock from '@anthropic-ai/bedrock-sdk'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ToolConfiguration,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'

export const CLAUDE = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'

const INPUT_SCHEMA = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }

export const CONVERSE_TOOLS: ToolConfiguration = {
  tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: INPUT_SCHEMA } } }],
}

export const ANTHROPIC_TOOLS = [{ name: 'get_weather', input_schema: INPUT_SCHEMA }]

/** HTTP handlers of the AWS SDK for JavaScript by name. Each makes its part of the configuration. */
export const HANDLERS: [string, () => BedrockRuntimeClientConfig][] = [
  ['its default HTTP/2 handler', () => ({})],
  ['HTTP/1.1', () => ({ requestHandler: new NodeHttpHandler() })],
]

/** Creates the AWS SDK's client with the endpoint and test credentials. */
export function createAwsClient(endpoint: string, handler: () => BedrockRuntimeClientConfig): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    ...handler(),
  })
}

/** Creates the Anthropic SDK's client for Bedrock with the endpoint and test credentials. */
export function createAnthropicClient(baseURL: string): AnthropicBedrock {
  return new AnthropicBedrock({ baseURL, awsRegion: 'us-east-1', awsAccessKey: 'local', awsSecretKey: 'local' })
}
