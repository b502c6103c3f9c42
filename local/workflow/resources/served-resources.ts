/** Resources that a Task may name. Others are refused at the start. */
export const SERVED_RESOURCES = [
  'arn:aws:states:::lambda:invoke',
  'arn:aws:states:::bedrock:invokeModel',
  'arn:aws:states:::aws-sdk:bedrockruntime:converse',
  'arn:aws:states:::aws-sdk:bedrockruntime:applyGuardrail',
  'arn:aws:states:::aws-sdk:s3:headObject',
  'arn:aws:states:::aws-sdk:s3:getObject',
] as const

export type ServedResource = (typeof SERVED_RESOURCES)[number]
