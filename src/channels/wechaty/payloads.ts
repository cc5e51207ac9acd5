import { z } from 'zod'

/** What a puppet tells, checked before anything else sees it; puppets leave out, empty or null what they do not know. */

const id = z.string().min(1).max(256)
const optionalId = z
  .string()
  .max(256)
  .nullish()
  .transform((text) => text || undefined)
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? '')

/** Puppets tell seconds or milliseconds. */
const time = z
  .number()
  .positive()
  .transform((stamp) => new Date(stamp < 1e11 ? stamp * 1000 : stamp))
  .refine((date) => !Number.isNaN(date.getTime()))

export const messagePayloadSchema = z
  .object({
    id,
    talkerId: optionalId,
    /** The name of `talkerId` before 2022. */
    fromId: optionalId,
    roomId: optionalId,
    listenerId: optionalId,
    text: optionalText,
    filename: optionalText,
    timestamp: time,
    type: z.number().int(),
    mentionIdList: z.array(z.string()).nullish(),
  })
  .transform(({ talkerId, fromId, ...rest }, context) => {
    const talker = talkerId ?? fromId
    if (talker !== undefined) return { ...rest, talkerId: talker }
    context.addIssue({ code: 'custom', message: 'no talker' })
    return z.NEVER
  })
export type MessagePayload = z.output<typeof messagePayloadSchema>

export const contactPayloadSchema = z.object({ name: optionalText, type: z.number().int().catch(0) })
export const roomPayloadSchema = z.object({
  topic: optionalText,
  ownerId: optionalId,
  memberIdList: z.array(z.string()).catch([]),
})
export const memberPayloadSchema = z.object({ roomAlias: optionalText, name: optionalText })
export const linkPayloadSchema = z.object({ title: optionalText, url: optionalText })

export const messageEventSchema = z.object({ messageId: id })
export const loginEventSchema = z.object({ contactId: id })
export const roomJoinEventSchema = z.object({ roomId: id, inviteeIdList: z.array(z.string()), timestamp: time })
export const roomLeaveEventSchema = z.object({ roomId: id, removeeIdList: z.array(z.string()), timestamp: time })
