import { type JsonText, type WrittenMember, writeObject } from '../json/write-json.ts'

/** Header of each member of `guardrailConfig`. */
const GUARDRAIL_HEADERS = {
  guardrailIdentifier: 'x-amzn-bedrock-guardrailidentifier',
  guardrailVersion: 'x-amzn-bedrock-guardrailversion',
  trace: 'x-amzn-bedrock-trace',
} as const

/** Writes the members of a Converse request that InvokeModel has as headers: guardrail, latency and project. */
export function writeHeaderMembers(headers: Readonly<Record<string, string>>): WrittenMember[] {
  const guardrail = Object.entries(GUARDRAIL_HEADERS).flatMap(([member, header]): [string, JsonText][] => {
    const value = headers[header]
    // The header has ENABLED, the member of Converse has enabled.
    return value ? [[member, JSON.stringify(member === 'trace' ? value.toLowerCase() : value)]] : []
  })
  const latency = headers['x-amzn-bedrock-performanceconfig-latency']
  const project = headers['x-amzn-bedrock-projectidentifier']
  return [
    guardrail.length > 0 ? ['guardrailConfig', writeObject(guardrail)] : undefined,
    latency ? ['performanceConfig', writeObject([['latency', JSON.stringify(latency)]])] : undefined,
    project ? ['projectIdentifier', JSON.stringify(project)] : undefined,
  ]
}
