import type { LocalStack } from './start-local-stack.ts'
import type { LoadedTemplate } from './template/model.ts'

const MODEL_ID = 'global.anthropic.claude-sonnet-4-5-20250929-v1%3A0'

/** What a user needs to begin: where everything is, what to set for a client, a line to paste. */
export function describeStack(stack: LocalStack, template: LoadedTemplate, openaiUrl: string | undefined): string {
  const { apiUrl = 'none in this template', functionUrl, emulatorUrl, bedrock } = stack
  const lines = [
    `API               ${apiUrl}`,
    ...(functionUrl === undefined ? [] : [`Function URL      ${functionUrl}`]),
    `Bedrock emulator  ${emulatorUrl}`,
    ...(bedrock.isEmbedded
      ? describeModel(openaiUrl)
      : [
          '',
          `AWS_ENDPOINT_URL_BEDROCK_RUNTIME is set in this shell: functions call ${bedrock.endpoint},`,
          'with the AWS credentials and region of this shell, and not the emulator.',
        ]),
    '',
    'Any Bedrock client, by its environment:',
    `  export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${stack.apiUrl ?? emulatorUrl}`,
    `  export AWS_REGION=${template.region} AWS_DEFAULT_REGION=${template.region}`,
    '  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local',
    '',
    'Try it:',
    `  curl ${stack.apiUrl ?? emulatorUrl}/model/${MODEL_ID}/converse -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":[{"text":"What is the capital of France?"}]}]}'`,
    '',
  ]
  return lines.join('\n')
}

/** A variable that many shells have for other programs: prompts go there, which must not be a surprise. */
function describeModel(openaiUrl: string | undefined): string[] {
  return openaiUrl
    ? ['', `OPENAI_BASE_URL is set in this shell: prompts go to ${openaiUrl}, which makes the answers.`]
    : []
}

/** What of the template is left aside, one line a finding. */
export function describeInert({ inert }: LoadedTemplate): string {
  return inert.map(({ path, reason }) => `  ${path}: ${reason}`).join('\n')
}
