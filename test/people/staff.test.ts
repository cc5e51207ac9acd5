import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { verifyAudit } from '../../src/audit/audit-log.ts'
import { AppError } from '../../src/base/errors.ts'
import {
  addStaff,
  bindStaff,
  disableStaff,
  findStaffByAccount,
  issueStaffCode,
  listStaff,
  revokeBinding,
} from '../../src/people/staff.ts'
import { auditEntry } from '../../src/store/tables/audit.ts'
import { staffCode } from '../../src/store/tables/people.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { describeStores } from '../support/open-test-store.ts'

const MINUTE_MS = 60_000
const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code
const account = (pseudonym: string) => ({ pseudonym, channel: 'telegram' })

await describeStores('staff', (getStore) => {
  let clock = new FakeClock()
  beforeEach(() => {
    clock = new FakeClock()
  })
  const partsOf = () => ({ store: getStore(), clock })
  async function invite(name = '李工') {
    const id = await addStaff(partsOf(), name, 'admin')
    return { id, code: await issueStaffCode(partsOf(), id, 'admin') }
  }
  const whoIs = (pseudonym: string) => findStaffByAccount(getStore().db, pseudonym)
  const bind = (pseudonym: string, code: string) => bindStaff(partsOf(), account(pseudonym), code)

  test('bind a chat account with a code, typed as people type', async () => {
    const { id, code } = await invite()
    assert.equal(await whoIs('p1'), undefined)
    assert.deepEqual(await bind('p1', ` ${code.toLowerCase().slice(0, 5)}-${code.slice(5)} `), {
      kind: 'bound',
      name: '李工',
    })
    assert.deepEqual(await whoIs('p1'), { id, name: '李工' })
    const [member] = await listStaff(getStore().db)
    assert.deepEqual(
      member?.bindings.map(({ channel, boundAt }) => [channel, boundAt]),
      [['telegram', clock.now()]],
    )
  })

  test('whose code is kept as a hash only, and audited without it', async () => {
    const { code } = await invite()
    const kept = JSON.stringify([
      await getStore().db.select().from(staffCode),
      await getStore().db.select().from(auditEntry),
    ])
    assert.ok(!kept.includes(code))
    await bind('p1', code)
    const acts = (await getStore().db.select().from(auditEntry).orderBy(auditEntry.seq)).map(({ act }) => act)
    assert.deepEqual(acts, ['staff-added', 'staff-code-issued', 'staff-bound'])
    assert.equal((await verifyAudit(getStore().db)).ok, true)
  })

  test('codes work once', async () => {
    const { code } = await invite()
    await bind('p1', code)
    assert.deepEqual(await bind('p2', code), { kind: 'wrong-code' })
    assert.equal(await whoIs('p2'), undefined)
  })

  test('of two accounts that use one code at the same moment, one wins', async () => {
    for (let round = 0; round < 5; round++) {
      const { code, id } = await invite(`第${round}位`)
      const results = await Promise.all([bind(`a-${round}`, code), bind(`b-${round}`, code), bind(`c-${round}`, code)])
      assert.deepEqual(results.map(({ kind }) => kind).sort(), ['bound', 'wrong-code', 'wrong-code'])
      const member = (await listStaff(getStore().db)).find((each) => each.id === id)
      assert.equal(member?.bindings.length, 1)
    }
  })

  test('codes end after ten minutes, and when a newer one is issued', async () => {
    const { id, code } = await invite()
    const newer = await issueStaffCode(partsOf(), id, 'admin')
    assert.deepEqual(await bind('p1', code), { kind: 'wrong-code' })
    clock.advance(10 * MINUTE_MS)
    assert.deepEqual(await bind('p1', newer), { kind: 'wrong-code' })
    const third = await issueStaffCode(partsOf(), id, 'admin')
    clock.advance(10 * MINUTE_MS - 1)
    assert.equal((await bind('p1', third)).kind, 'bound')
  })

  test('codes cannot be guessed: five wrong ones, then ten minutes’ rest, for that account only', async () => {
    const { code } = await invite()
    for (let time = 0; time < 5; time++) assert.deepEqual(await bind('p1', 'WRONG'), { kind: 'wrong-code' })
    assert.deepEqual(await bind('p1', code), { kind: 'too-many-tries' })
    assert.equal((await bind('p2', code)).kind, 'bound')
    clock.advance(10 * MINUTE_MS + 1)
    assert.deepEqual(await bind('p1', 'WRONG'), { kind: 'wrong-code' })
  })

  test('an account belongs to one member: the newer code decides', async () => {
    const first = await invite('李工')
    const second = await invite('王工')
    await bind('p1', first.code)
    await bind('p1', second.code)
    assert.equal((await whoIs('p1'))?.name, '王工')
    const members = await listStaff(getStore().db)
    assert.deepEqual(Object.fromEntries(members.map(({ name, bindings }) => [name, bindings.length])), {
      李工: 0,
      王工: 1,
    })
  })

  test('one account with two codes at the same moment ends with one binding', async () => {
    const [first, second] = [await invite('李工'), await invite('王工')]
    await bind('p1', (await invite('张工')).code)
    const results = await Promise.allSettled([bind('p1', first.code), bind('p1', second.code)])
    assert.ok(results.some((result) => result.status === 'fulfilled' && result.value.kind === 'bound'))
    const bound = (await listStaff(getStore().db)).flatMap(({ bindings }) => bindings)
    assert.equal(bound.length, 1)
  })

  test('a binding that is revoked gives no rights, and cannot be revoked again', async () => {
    const { code } = await invite()
    await bind('p1', code)
    const [member] = await listStaff(getStore().db)
    const binding = member?.bindings[0]?.id ?? ''
    await revokeBinding(partsOf(), binding, 'admin')
    assert.equal(await whoIs('p1'), undefined)
    await assert.rejects(revokeBinding(partsOf(), binding, 'admin'), isCode('no-such-binding'))
    await assert.rejects(revokeBinding(partsOf(), 'not an id', 'admin'), isCode('no-such-binding'))
  })

  test('who is disabled has no rights, no new code, and an old code does nothing', async () => {
    const { id, code } = await invite()
    const spare = await invite('王工')
    await bind('p1', code)
    await disableStaff(partsOf(), id, 'admin')
    await disableStaff(partsOf(), spare.id, 'admin')
    assert.equal(await whoIs('p1'), undefined)
    assert.deepEqual(await bind('p2', spare.code), { kind: 'wrong-code' })
    await assert.rejects(issueStaffCode(partsOf(), id, 'admin'), isCode('no-such-staff'))
    await assert.rejects(disableStaff(partsOf(), id, 'admin'), isCode('no-such-staff'))
    await assert.rejects(issueStaffCode(partsOf(), 'not an id', 'admin'), isCode('no-such-staff'))
    assert.deepEqual(
      (await listStaff(getStore().db)).map(({ disabled }) => disabled),
      [true, true],
    )
  })

  test('need a name', async () => {
    await assert.rejects(addStaff(partsOf(), '  ', 'admin'), isCode('name-missing'))
    await assert.rejects(addStaff(partsOf(), '长'.repeat(61), 'admin'), isCode('name-missing'))
    assert.deepEqual(await listStaff(getStore().db), [])
  })
})
