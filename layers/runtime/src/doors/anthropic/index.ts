import '../../core/index.ts'

export { anthropicMessages } from './messages.ts'
