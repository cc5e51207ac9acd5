import { z } from 'zod'

const handleSchema = z.object({
  /** What was said to us: a message, that somebody opened the chat, or the press of a button. */
  to: z.enum(['message', 'enter', 'press']),
  request: z.string().min(1),
  /** WeCom forgets a request when the connection on which it came is gone. */
  connection: z.string(),
  /** When it came, by our clock. */
  at: z.number(),
})
export type WecomBotReplyHandle = z.infer<typeof handleSchema>

export const writeReplyHandle = (handle: WecomBotReplyHandle): string => JSON.stringify(handle)

export function readReplyHandle(text: string): WecomBotReplyHandle | undefined {
  try {
    return handleSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
