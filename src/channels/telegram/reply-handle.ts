interface Origin {
  message_id: number
  is_topic_message?: boolean | undefined
  message_thread_id?: number | undefined
}

/** The message and, in a forum, the topic in which it stands; without the topic an answer lands in the general one. */
export function writeReplyHandle({ message_id, is_topic_message, message_thread_id }: Origin): string {
  const inTopic = is_topic_message === true && message_thread_id !== undefined
  return inTopic ? `${message_id}:${message_thread_id}` : String(message_id)
}

export function readReplyHandle(handle: string): { messageId: number; threadId?: number } | undefined {
  const [, messageId, threadId] = /^(\d{1,15})(?::(\d{1,15}))?$/.exec(handle) ?? []
  if (messageId === undefined) return undefined
  return { messageId: Number(messageId), ...(threadId === undefined ? {} : { threadId: Number(threadId) }) }
}
