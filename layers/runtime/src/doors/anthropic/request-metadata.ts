import { type JsonValue, parseObject } from '../../json/json-document.ts'
import { METADATA_HEADER } from '../../pipeline/name-caller.ts'

/** Bedrock's limit for a value. Source: the service model of bedrock-runtime, RequestMetadata. */
const MAX_LENGTH = 256

/** Headers of Claude Code by the name of their entry in the request metadata, and in the log. */
const SESSION_HEADERS: Readonly<Record<string, string>> = {
  session_id: 'x-claude-code-session-id',
  agent_id: 'x-claude-code-agent-id',
  parent_agent_id: 'x-claude-code-parent-agent-id',
}

/** Reads who a call is for: `metadata.user_id`, and the session and agents of Claude Code. */
export function readCallerFacts(root: JsonValue, headers: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(SESSION_HEADERS).map(([name, header]) => [name, headers[header]] as const)
  const facts = [['user_id', root.get('metadata')?.get('user_id')?.text] as const, ...named]
  return Object.fromEntries(facts.flatMap(([name, value]) => (value ? [[name, sanitize(value)]] : [])))
}

/** Most entries of Bedrock, less the one of the verified caller, which the pipeline adds. */
const MAX_ENTRIES = 15

/** Reads the request metadata, which Bedrock puts into its invocation logs: the facts, and the entries of Bedrock's header. */
export function readRequestMetadata(
  root: JsonValue,
  headers: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const given = parseObject(Buffer.from(headers[METADATA_HEADER] ?? '{}'))
  return Object.fromEntries(Object.entries({ ...readCallerFacts(root, headers), ...given }).slice(0, MAX_ENTRIES))
}

function sanitize(text: string): string {
  return text.replace(/[^a-zA-Z0-9\s:_@$#=/+,.-]/g, '_').slice(0, MAX_LENGTH)
}
