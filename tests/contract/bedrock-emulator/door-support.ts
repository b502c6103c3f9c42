import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { post } from './support.ts'

export const GPT_OSS = 'openai.gpt-oss-20b-1:0'
export const GPT = 'global.openai.gpt-5.6-sol'

export const MESSAGES = '/anthropic/v1/messages'
export const CHAT = '/openai/v1/chat/completions'
export const RESPONSES = '/openai/v1/responses'

export function createAnthropic(url: string): Anthropic {
  return new Anthropic({ baseURL: `${url}/anthropic`, apiKey: 'local', maxRetries: 0 })
}

export function createOpenai(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'local', maxRetries: 0 })
}

/** Headers that every stock client of a door sends. */
export const VERSION = { 'anthropic-version': '2023-06-01' }

export const postDoor = (url: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  post(url, path, body, { ...VERSION, ...headers })

export interface ServerEvent {
  /** Empty for an event without a name. */
  readonly name: string
  // Tests read payloads of any shape. A wrong shape fails the assertion.
  readonly data: ReturnType<typeof JSON.parse>
}

export interface ServerEvents {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Events with their documents; `[DONE]` stays a text. */
  readonly events: readonly ServerEvent[]
  /** `reset`: the connection broke. */
  readonly ending: 'clean' | 'reset'
}

/** Calls a door with `stream: true` and reads its server-sent events up to any ending. */
export async function streamDoor(
  url: string,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<ServerEvents> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...VERSION, ...headers },
    body: JSON.stringify({ ...body, stream: true }),
  })
  let text = ''
  let ending: ServerEvents['ending'] = 'clean'
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
  } catch {
    ending = 'reset'
  }
  return { status: response.status, headers: response.headers, text, events: parseEvents(text), ending }
}

export function parseEvents(text: string): ServerEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const name = /^event: (.*)$/m.exec(block)?.[1] ?? ''
      const data = /^data: (.*)$/m.exec(block)?.[1] ?? ''
      return { name, data: data.startsWith('{') ? JSON.parse(data) : data }
    })
}
