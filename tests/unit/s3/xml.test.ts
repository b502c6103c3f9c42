import { childrenOf, parseXml, textOf } from '../../../local/s3/http/parse-xml.ts'
import { renderDocument } from '../../../local/s3/http/render-xml.ts'

test('reads what SDKs send', () => {
  const root = parseXml(`<?xml version="1.0" encoding="UTF-8"?>
    <!-- comment --><s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">
      <Object a='1'><Key>a &amp; b&lt;&#x1F600;&#10;</Key></Object><Object><Key><![CDATA[<raw>&amp;]]></Key></Object><Quiet/>
    </s3:Delete>`)
  expect(root.name).toBe('Delete')
  expect(childrenOf(root, 'Object').map((element) => textOf(element, 'Key'))).toEqual(['a & b<😀\n', '<raw>&amp;'])
  expect(textOf(root, 'Quiet')).toBe('')
  expect(textOf(root, 'Nothing')).toBeUndefined()
})

test.each([
  '',
  'text',
  '<a>',
  '<a></b>',
  '</a>',
  '<a/><b/>',
  '<a/>text',
  '<a>&unknown;</a>',
  '<a>& b</a>',
  '<a>&#x110000;</a>',
  '<a><</a>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  `${'<a>'.repeat(9)}${'</a>'.repeat(9)}`,
])('refuses %j', (document) => {
  expect(() => parseXml(document)).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
})

test('what it renders it reads', () => {
  const key = 'a<b>&"c"\n\u0001'
  expect(textOf(parseXml(renderDocument('Result', [['Key', key], undefined, ['Size', 1]])), 'Key')).toBe(key)
})
