import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { and, asc, count, eq, gt, isNull, lt } from 'drizzle-orm'
import { appendAudit } from '../audit/audit-log.ts'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import type { Db } from '../store/db.ts'
import type { Store } from '../store/store.ts'
import { staff, staffBinding, staffCode, staffCodeTry } from '../store/tables/people.ts'
import { inTransaction } from '../store/transaction.ts'

/** Staff and the chat accounts bound to them by a one-time code. */
export interface StaffParts {
  store: Store
  clock: Clock
}

export interface StaffMember {
  id: string
  name: string
  disabled: boolean
  bindings: { id: string; channel: string; boundAt: Date }[]
}

const CODE_TTL_MS = 10 * 60_000
/** Wrong codes that one account may try within the life of a code. */
const MAX_TRIES = 5
/** Signs that cannot be mistaken for each other, also when read aloud. */
const CODE_SIGNS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'
const CODE_LENGTH = 10

/** @throws AppError `name-missing` */
export async function addStaff(parts: StaffParts, name: string, actor: string): Promise<string> {
  const trimmed = name.trim()
  if (trimmed === '' || trimmed.length > 60) throw new AppError('name-missing', 'a name of at most 60 signs is needed')
  const id = randomUUID()
  await inTransaction(
    parts.store,
    async (tx) => {
      const at = parts.clock.now()
      await tx.insert(staff).values({ id, name: trimmed, createdAt: at })
      await appendAudit(tx, { at, actor, act: 'staff-added', subject: id, detail: {} })
    },
    { durable: true },
  )
  return id
}

/** A code that binds one chat account, once, within ten minutes. @throws AppError `no-such-staff` */
export async function issueStaffCode(parts: StaffParts, staffId: string, actor: string): Promise<string> {
  const code = Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_SIGNS[byte % CODE_SIGNS.length] ?? '').join('')
  await inTransaction(
    parts.store,
    async (tx) => {
      const at = parts.clock.now()
      await getActive(tx, staffId)
      // A new code takes the place of every older one.
      await tx.delete(staffCode).where(and(eq(staffCode.staffId, staffId), isNull(staffCode.usedAt)))
      const expiresAt = new Date(at.getTime() + CODE_TTL_MS)
      await tx.insert(staffCode).values({ codeHash: hashCode(code), staffId, expiresAt })
      await appendAudit(tx, { at, actor, act: 'staff-code-issued', subject: staffId, detail: {} })
    },
    { durable: true },
  )
  return code
}

export type Binding = { kind: 'bound'; name: string } | { kind: 'wrong-code' } | { kind: 'too-many-tries' }

/** Binds a chat account with a code that was typed in a private chat. */
export async function bindStaff(
  parts: StaffParts,
  account: { pseudonym: string; channel: string },
  code: string,
): Promise<Binding> {
  return inTransaction(
    parts.store,
    async (tx): Promise<Binding> => {
      const at = parts.clock.now()
      const since = new Date(at.getTime() - CODE_TTL_MS)
      await tx.delete(staffCodeTry).where(lt(staffCodeTry.at, since))
      const [tries] = await tx
        .select({ number: count() })
        .from(staffCodeTry)
        .where(and(eq(staffCodeTry.pseudonym, account.pseudonym), gt(staffCodeTry.at, since)))
      if ((tries?.number ?? 0) >= MAX_TRIES) return { kind: 'too-many-tries' }
      const [used] = await tx
        .update(staffCode)
        .set({ usedAt: at })
        .where(and(eq(staffCode.codeHash, hashCode(code)), isNull(staffCode.usedAt), gt(staffCode.expiresAt, at)))
        .returning({ staffId: staffCode.staffId })
      const member = used && (await findActive(tx, used.staffId))
      if (!member) {
        await tx.insert(staffCodeTry).values({ id: randomUUID(), pseudonym: account.pseudonym, at })
        return { kind: 'wrong-code' }
      }
      await tx
        .update(staffBinding)
        .set({ revokedAt: at })
        .where(and(eq(staffBinding.pseudonym, account.pseudonym), isNull(staffBinding.revokedAt)))
      const id = randomUUID()
      await tx.insert(staffBinding).values({ id, staffId: member.id, ...account, boundAt: at })
      await appendAudit(tx, { at, actor: member.id, act: 'staff-bound', subject: id, detail: { ...account } })
      return { kind: 'bound', name: member.name }
    },
    { durable: true },
  )
}

/** A code that others may have read binds nobody any more. */
export async function burnStaffCode({ store, clock }: StaffParts, code: string): Promise<void> {
  await store.db
    .update(staffCode)
    .set({ usedAt: clock.now() })
    .where(and(eq(staffCode.codeHash, hashCode(code)), isNull(staffCode.usedAt)))
}

/** The member of staff whose chat account this is; undefined for residents. */
export async function findStaffByAccount(db: Db, pseudonym: string): Promise<{ id: string; name: string } | undefined> {
  const [row] = await db
    .select({ id: staff.id, name: staff.name })
    .from(staffBinding)
    .innerJoin(staff, eq(staff.id, staffBinding.staffId))
    .where(and(eq(staffBinding.pseudonym, pseudonym), isNull(staffBinding.revokedAt), isNull(staff.disabledAt)))
  return row
}

/** @throws AppError `no-such-binding` */
export async function revokeBinding(parts: StaffParts, bindingId: string, actor: string): Promise<void> {
  await inTransaction(
    parts.store,
    async (tx) => {
      const at = parts.clock.now()
      const revoked = await tx
        .update(staffBinding)
        .set({ revokedAt: at })
        .where(and(eq(staffBinding.id, requireUuid(bindingId, 'no-such-binding')), isNull(staffBinding.revokedAt)))
        .returning({ id: staffBinding.id })
      if (revoked.length === 0) throw new AppError('no-such-binding', 'no binding with this id is in force')
      await appendAudit(tx, { at, actor, act: 'staff-binding-revoked', subject: bindingId, detail: {} })
    },
    { durable: true },
  )
}

/** Takes every right from somebody who has left. @throws AppError `no-such-staff` */
export async function disableStaff(parts: StaffParts, staffId: string, actor: string): Promise<void> {
  await inTransaction(
    parts.store,
    async (tx) => {
      const at = parts.clock.now()
      await getActive(tx, staffId)
      await tx.update(staff).set({ disabledAt: at }).where(eq(staff.id, staffId))
      await appendAudit(tx, { at, actor, act: 'staff-disabled', subject: staffId, detail: {} })
    },
    { durable: true },
  )
}

export async function listStaff(db: Db): Promise<StaffMember[]> {
  const members = await db.select().from(staff).orderBy(asc(staff.createdAt))
  const bindings = await db.select().from(staffBinding).where(isNull(staffBinding.revokedAt))
  return members.map(({ id, name, disabledAt }) => ({
    id,
    name,
    disabled: disabledAt !== null,
    bindings: bindings
      .filter(({ staffId }) => staffId === id)
      .map((binding) => ({ id: binding.id, channel: binding.channel, boundAt: binding.boundAt })),
  }))
}

async function findActive(tx: Db, staffId: string) {
  const [row] = await tx
    .select({ id: staff.id, name: staff.name })
    .from(staff)
    .where(and(eq(staff.id, staffId), isNull(staff.disabledAt)))
  return row
}

async function getActive(tx: Db, staffId: string): Promise<void> {
  if (!(await findActive(tx, requireUuid(staffId, 'no-such-staff')))) {
    throw new AppError('no-such-staff', 'no active member of staff has this id')
  }
}

function requireUuid(id: string, code: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id
  throw new AppError(code, 'this is not an id; see `staff list`')
}

function hashCode(code: string): string {
  return createHash('sha256')
    .update(code.toUpperCase().replace(/[^A-Z0-9]/g, ''))
    .digest('base64url')
}
