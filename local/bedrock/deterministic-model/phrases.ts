/** Sentences of the answers, by language. */
export interface Phrases {
  readonly openings: readonly [(quote: string) => string, ...((quote: string) => string)[]]
  readonly bodies: readonly [string, ...string[]]
  readonly earlier: (quote: string) => string
  readonly system: (quote: string) => string
  readonly toolResult: (name: string, quote: string) => string
  readonly toolError: (name: string, quote: string) => string
  readonly callingTool: (name: string) => string
  readonly reasoning: (quote: string) => string
  readonly wordless: string
}

const english: Phrases = {
  openings: [
    (quote) => `You wrote: "${quote}".`,
    (quote) => `Let me answer your message, "${quote}".`,
    (quote) => `Thank you for your message: "${quote}".`,
  ],
  bodies: [
    'This answer comes from the local Bedrock emulator, whose model is deterministic: the same request always gives the same text. Replace the endpoint with Amazon Bedrock to hear a real model.',
    'I am the local stand-in for a model on Amazon Bedrock, so I can show you that the request arrived, not what a real model thinks of it. Everything around this text is shaped as Bedrock shapes it.',
    'No model was asked: the local emulator wrote this text from your request alone. Token counts, stop reasons and limits behave as they do on Amazon Bedrock.',
  ],
  earlier: (quote) => `Earlier in our conversation you wrote: "${quote}".`,
  system: (quote) => `I keep to my system prompt, "${quote}".`,
  toolResult: (name, quote) => `The tool ${name} answered: ${quote}`,
  toolError: (name, quote) => `The tool ${name} failed: ${quote}`,
  callingTool: (name) => `I will use the tool ${name} for this.`,
  reasoning: (quote) => `The user wrote "${quote}". I should answer briefly and say that this is the local emulator.`,
  wordless: 'a message without text',
}

const japanese: Phrases = {
  openings: [
    (quote) => `「${quote}」というメッセージを受け取りました。`,
    (quote) => `ご質問は「${quote}」ですね。`,
    (quote) => `「${quote}」についてお答えします。`,
  ],
  bodies: [
    'これはローカルのBedrockエミュレーターの回答です。同じリクエストには必ず同じ文章を返します。',
    'ローカルで動くエミュレーターなので、実際のモデルの知識は持っていません。エンドポイントをAmazon Bedrockに変えると、本物のモデルが答えます。',
  ],
  earlier: (quote) => `先ほどは「${quote}」とおっしゃいました。`,
  system: (quote) => `システムプロンプト「${quote}」に従います。`,
  toolResult: (name, quote) => `ツール${name}の結果は次のとおりです: ${quote}`,
  toolError: (name, quote) => `ツール${name}は失敗しました: ${quote}`,
  callingTool: (name) => `ツール${name}を使います。`,
  reasoning: (quote) => `ユーザーは「${quote}」と書きました。簡潔に答えます。`,
  wordless: '文章のないメッセージ',
}

/** Detects Japanese by kana or Han. Chinese text gets Japanese answers, because there are no Chinese sentences. */
export function choosePhrases(prompt: string): Phrases {
  return /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(prompt) ? japanese : english
}

/** Quotes the start of a text on one line. */
export function quote(text: string, maximum = 160): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  const characters = [...line.slice(0, maximum * 2)]
  return characters.length > maximum ? `${characters.slice(0, maximum).join('')}…` : characters.join('')
}
