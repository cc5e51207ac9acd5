import { z } from 'zod'

export const buttonsSchema = z.array(
  z.union([z.object({ label: z.string(), data: z.string() }), z.object({ label: z.string(), url: z.string() })]),
)

/** A reply as it is kept, encrypted, until it has left: the shape of the port's `OutboundMessage`. */
export const outboundSchema = z.object({
  chat: z.object({ id: z.string(), kind: z.enum(['private', 'group']), title: z.string().exactOptional() }),
  text: z.string(),
  buttons: buttonsSchema.exactOptional(),
  inReplyTo: z
    .object({
      messageId: z.string(),
      replyHandle: z.string(),
      sender: z.object({ id: z.string(), name: z.string().exactOptional(), bot: z.boolean() }),
    })
    .exactOptional(),
  urgent: z.boolean().exactOptional(),
  key: z.string(),
})
