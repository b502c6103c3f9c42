import { BedrockRuntimeClient, ConverseCommand, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'

const client = new BedrockRuntimeClient({ requestHandler: new NodeHttpHandler() })

/** Converse as usually written: the SDK's typed command, JSON parsed and printed at both ends, no logs, no metrics. */
export const handler = awslambda.streamifyResponse(
  async (event: { modelId: string; body: string }, responseStream: awslambda.HttpResponseStream) => {
    const input: ConverseCommandInput = { modelId: event.modelId, ...JSON.parse(event.body) }
    const { $metadata, ...answer } = await client.send(new ConverseCommand(input))
    responseStream.setContentType('application/json')
    responseStream.write(JSON.stringify(answer))
    responseStream.end()
  },
)
