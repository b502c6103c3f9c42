import '../../core/index.ts'

export { chatCompletions } from './chat-completions.ts'
export { INNER_MEMBERS, MESSAGE_MEMBERS, PART_MEMBERS, REQUEST_MEMBERS } from './members.ts'
