import { readMediaDrop } from '../../../../functions/start-job/triggers/read-media-drop.ts'
import { makePng, ONE_PAGE_PDF } from '../../../support/media.ts'

const configuration = { defaultModelId: 'default-model', inboxPrompt: 'What is it?' }
const read = (body: Uint8Array, metadata: Record<string, string> = {}) => {
  const request = readMediaDrop({ body, metadata }, configuration)
  return request && JSON.parse(request.toString())
}
const request = (...content: object[]) => ({
  modelId: 'default-model',
  input: { converse: { messages: [{ role: 'user', content }] } },
})

test('a PDF becomes a document with a neutral name and the prompt of the stack', () => {
  expect(read(ONE_PAGE_PDF)).toEqual(
    request(
      { document: { format: 'pdf', name: 'document', source: { bytes: ONE_PAGE_PDF.toString('base64') } } },
      { text: 'What is it?' },
    ),
  )
})

test.each([
  ['png', makePng(1, 1)],
  ['jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
  ['gif', Buffer.from('GIF89a')],
  ['webp', Buffer.from('RIFF\0\0\n\0WEBPVP8 ', 'latin1')],
])('a %s file becomes an image', (format, body) => {
  expect(read(body)).toEqual(
    request({ image: { format, source: { bytes: body.toString('base64') } } }, { text: 'What is it?' }),
  )
})

test("the object's own prompt replaces the stack's, unless it is white space", () => {
  const promptOf = (prompt: string) => read(makePng(1, 1), { prompt }).input.converse.messages[0].content[1].text
  expect(promptOf(' How many rows? ')).toBe('How many rows?')
  expect(promptOf(' ')).toBe('What is it?')
})

test.each(['Tell me about %PDF-1.7', 'RIFF or WEBP?', 'GIF', '{"modelId":"m"}', ''])(
  '%j is neither a PDF nor an image',
  (text) => {
    expect(read(Buffer.from(text))).toBeUndefined()
  },
)
