import { renderTemplate, TemplateInputError } from '../../../../local/gateway/velocity.ts'

const variables = {
  body: '{"text":"it\'s","list":[1,2],"inner":{"a":null,"b":true}}',
  context: { requestId: 'one', identity: { userArn: 'arn:aws:iam::1:user/a', apiKeyId: null } },
  stageVariables: { stage: 'live' },
  parameters: { path: { id: 'p' }, querystring: { id: 'q', page: '2' }, header: { accept: 'h' } },
}
const render = (template: string, body = variables.body) => renderTemplate(template, { ...variables, body })

test.each([
  ["$input.json('$.list')", '[1,2]'],
  ["$input.json('$')", variables.body],
  ["$input.path('$.inner.b')", 'true'],
  ["$input.path('$.missing.more')", ''],
  ["$input.params('id') $input.params('page') $input.params('Accept')", 'p 2 h'],
  ['$context.requestId $context.identity.userArn', 'one arn:aws:iam::1:user/a'],
  ['"$context.identity.apiKeyId"', '""'],
  ['$stageVariables.stage', 'live'],
  ['$util.parseJson(\'{"a": 1}\').a', '1'],
  ["$util.urlEncode('a/b') $util.urlDecode('a%2Fb')", 'a%2Fb a/b'],
  ["$util.base64Encode('日') $util.base64Decode('5pel')", '5pel 日'],
  ['#if($input.path("$.inner.b"))yes#{else}no#end', 'yes'],
])('the template %s is rendered', (template, text) => {
  expect(render(template).text).toBe(text)
})

test("escapeJavaScript escapes like Java, and replaceAll accepts a regular expression like Java's", () => {
  expect(render("$util.escapeJavaScript($input.path('$.text'))").text).toBe("it\\'s")
  expect(render(`$util.escapeJavaScript($input.path('$.text')).replaceAll("\\\\'","'")`).text).toBe("it's")
  const text = `"\\/\n\t日🗻`
  const escaped = render("$util.escapeJavaScript($input.path('$.t'))", JSON.stringify({ t: text })).text
  expect(escaped).toBe('\\"\\\\\\/\\n\\t\\u65E5\\uD83D\\uDDFB')
  expect(JSON.parse(`"${escaped}"`)).toBe(text)
})

test('a template can set status and headers', () => {
  const template =
    '#set($context.responseOverride.status = 418)#set($context.responseOverride.header.X-Kind = "teapot")done'
  expect(render(template)).toEqual({ text: 'done', status: 418, headers: { 'x-kind': 'teapot' } })
  expect(render('done')).toEqual({ text: 'done', status: undefined, headers: {} })
})

test('the content of the body is never evaluated as a template', () => {
  const body = JSON.stringify({ text: '$context.requestId #set($a = 1) #end' })
  expect(render("$input.path('$.text')", body).text).toBe('$context.requestId #set($a = 1) #end')
})

test("$input.json writes each number as it was written, like API Gateway's engine", () => {
  const body = '{"id":12345678901234567890,"n":1.0}'
  expect(render("$input.json('$')", body).text).toBe(body)
})

test('an empty body is an empty object, and a body that is not JSON is an error only if it is read', () => {
  expect(render("$input.json('$')", '').text).toBe('{}')
  expect(render('$input.body', 'text').text).toBe('text')
  expect(() => render("$input.json('$')", 'text')).toThrow(TemplateInputError)
})

test('an unsupported path is an error', () => {
  expect(() => render("$input.path('$..text')")).toThrow('not supported')
})
