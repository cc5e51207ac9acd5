import { eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import { hazardSchema, regionCodeSchema } from '../knowledge/fields.ts'
import type { Db } from '../store/db.ts'
import { chatGroup } from '../store/tables/people.ts'

const hourSchema = z.int().min(0).max(23)
const instantSchema = z.iso.datetime().transform((text) => new Date(text))

/** How we behave in one group. */
const groupSettingsSchema = z.object({
  /** Whose texts answer here and which alerts come here. */
  region: regionCodeSchema.nullable().default(null),
  /** Hazards whose pushes this group takes; empty = none. */
  hazards: z.array(hazardSchema).default([]),
  mutedUntil: instantSchema.nullable().default(null),
  /** A published rumor may be answered although nobody asked. */
  unaskedRumors: z.boolean().default(false),
  /** Local hours in which nothing is said unasked; from may be later than to. */
  quietFrom: hourSchema.default(22),
  quietTo: hourSchema.default(7),
  /** Between two unasked rebuttals, and between two of the same rumor. */
  unaskedEveryMinutes: z.int().min(1).default(120),
  sameRumorEveryMinutes: z.int().min(1).default(1440),
})
export type GroupSettings = z.infer<typeof groupSettingsSchema>

/** When we last spoke unasked. */
const spokenSchema = z.object({
  rumorAt: instantSchema.optional(),
  rumors: z.record(z.string(), instantSchema).default({}),
  lifeThreats: z.record(z.string(), instantSchema).default({}),
})
export type Spoken = z.infer<typeof spokenSchema>

export interface Group {
  settings: GroupSettings
  spoken: Spoken
  /** False after we left or were removed. */
  member: boolean
}

/** A group that nobody has changed yet. */
export function newGroup(): Group {
  return { settings: groupSettingsSchema.parse({}), spoken: spokenSchema.parse({}), member: true }
}

export async function findGroup(db: Db, pseudonym: string): Promise<Group | undefined> {
  const [row] = await db.select().from(chatGroup).where(eq(chatGroup.pseudonym, pseudonym))
  return (
    row && {
      settings: groupSettingsSchema.parse(row.settings),
      spoken: spokenSchema.parse(row.spoken),
      member: row.member,
    }
  )
}

export async function saveGroup(db: Db, pseudonym: string, channel: string, group: Group, at: Date): Promise<void> {
  const values = { settings: group.settings, spoken: group.spoken, member: group.member, updatedAt: at }
  await db
    .insert(chatGroup)
    .values({ pseudonym, channel, joinedAt: at, ...values })
    .onConflictDoUpdate({ target: chatGroup.pseudonym, set: values })
}

/** The group goes on under another name, with all that it had set. */
export async function renameGroup(db: Db, from: string, to: string, at: Date): Promise<void> {
  const moved = await findGroup(db, from)
  if (!moved) return
  await db.execute(sql`delete from ${chatGroup} where ${chatGroup.pseudonym} = ${to}`)
  await db.update(chatGroup).set({ pseudonym: to, updatedAt: at }).where(eq(chatGroup.pseudonym, from))
}
