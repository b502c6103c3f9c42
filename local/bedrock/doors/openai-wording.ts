import { type ConversationWording, nativeWording } from '../messages.ts'

/** Messages of OpenAI's API about a conversation. Observed of OpenAI; Bedrock's own are not known. */
export const openaiWording: ConversationWording = {
  ...nativeWording,
  empty: "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  resultsMissing: (_path, ids) =>
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
  resultsUnexpected: () =>
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
  resultsRepeated: (_path, ids) => `Duplicate value for 'tool_call_id' of '${ids.join(', ')}'.`,
  toolDuplicated: (name) => `Tool names must be unique. Duplicate name: '${name}'.`,
  toolUnknown: (name) => `Tool choice '${name}' not found in 'tools' parameter.`,
}

/** Messages of OpenAI's Responses API. Observed of OpenAI. */
export const responsesWording: ConversationWording = {
  ...openaiWording,
  empty: "Invalid 'input': expected at least one message.",
  resultsMissing: (_path, [id = '']) => `No tool output found for function call ${id}.`,
  resultsUnexpected: (_path, [id = '']) => `No tool call found for function call output with call_id ${id}.`,
}
