import { countPdfPages, hasFormat, readPixelSize } from '../../../local/bedrock/conversation/media-format.ts'

const GIF = Buffer.from('474946383961400120030000', 'hex')
// An application segment of 16 bytes before the frame header, as cameras write it.
const JPEG = Buffer.concat([
  Buffer.from('ffd8ffe00010', 'hex'),
  Buffer.alloc(14),
  Buffer.from('ffc000110801e00280', 'hex'),
])
const PNG = Buffer.from('89504e470d0a1a0a0000000d494844520000028000000 1e0'.replace(' ', ''), 'hex')
const WEBP = Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1')

test.each([
  ['gif', GIF, { width: 320, height: 800 }],
  ['jpeg', JPEG, { width: 640, height: 480 }],
  ['png', PNG, { width: 640, height: 480 }],
  ['webp', WEBP, undefined],
])('a %s is recognized with its pixel size', (format, bytes, size) => {
  expect(hasFormat(bytes, format)).toBe(true)
  expect(hasFormat(Buffer.from('nothing'), format)).toBe(false)
  expect(readPixelSize(bytes, format)).toEqual(size)
})

test.each(['gif', 'jpeg', 'png'])('a truncated %s has no size', (format) => {
  expect(readPixelSize(Buffer.from([0xff, 0xd8, 0xff, 0xe0]), format)).toBeUndefined()
})

test('PDF pages are counted by page objects, not page trees', () => {
  expect(countPdfPages(Buffer.from('/Type /Pages /Type /Page /Type/Page>>'))).toBe(2)
  expect(countPdfPages(Buffer.from('%PDF-1.7'))).toBeUndefined()
})
