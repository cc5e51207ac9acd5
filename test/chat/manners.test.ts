import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maySpeak, type Heard, type Speech } from '../../src/chat/manners.ts'
import { newGroup, type Group } from '../../src/people/groups.ts'

const NOW = new Date('2026-07-18T06:00:00Z')
const DAY = { now: NOW, hour: 14 }
const NIGHT = { now: NOW, hour: 2 }
const ordinary: Heard = {
  private: false,
  fromBot: false,
  ageMs: 0,
  backlog: false,
  addressed: null,
  mentionsEveryone: false,
  forwarded: false,
  setsManners: false,
}
const group = (settings: Partial<Group['settings']> = {}, spoken: Partial<Group['spoken']> = {}): Group => {
  const fresh = newGroup()
  return { ...fresh, settings: { ...fresh.settings, ...settings }, spoken: { ...fresh.spoken, ...spoken } }
}
const muted = group({ mutedUntil: new Date(NOW.getTime() + 1000) })
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)
const answer = (speech: Speech) => (speech.speak ? speech.trigger : `silent: ${speech.reason}`)

const cases: [string, Partial<Heard>, Group, typeof DAY, string][] = [
  ['talk among neighbors is none of our business', {}, group(), DAY, 'silent: not-addressed'],
  ['a mention is answered, at night too', { addressed: 'mention' }, group(), NIGHT, 'mention'],
  ['a private message is answered', { private: true }, group(), NIGHT, 'private'],
  ['another program is never answered', { private: true, fromBot: true }, group(), DAY, 'silent: bot'],
  [
    'what waited for us over five minutes is not answered',
    { private: true, backlog: true, ageMs: 300_001 },
    group(),
    DAY,
    'silent: old',
  ],
  ['what waited less is', { private: true, backlog: true, ageMs: 299_999 }, group(), DAY, 'private'],
  ['a clock that is ahead silences nobody', { private: true, ageMs: 600_000 }, group(), DAY, 'private'],
  [
    'somebody in danger who wrote to us alone is answered for an hour',
    { private: true, backlog: true, ageMs: 59 * 60_000, danger: { topic: 'acc-home-fire', sure: true } },
    group(),
    DAY,
    'private',
  ],
  ['a muted group is left alone', { addressed: 'mention' }, muted, DAY, 'silent: muted'],
  ['muting ends by itself', { addressed: 'mention' }, group({ mutedUntil: minutesAgo(1) }), DAY, 'mention'],
  ['a muted group can be unmuted', { addressed: 'command', setsManners: true }, muted, DAY, 'command'],
  [
    'somebody in danger who calls us is answered in a muted group at night',
    { addressed: 'mention', danger: { topic: 'acc-home-fire', sure: false } },
    muted,
    NIGHT,
    'life-threat',
  ],
  [
    'danger that nobody told us of is answered when it is sure, muted or not, at night too',
    { danger: { topic: 'acc-home-fire', sure: true } },
    muted,
    NIGHT,
    'life-threat',
  ],
  [
    'words that only may mean danger are left alone',
    { danger: { topic: 'acc-home-fire', sure: false } },
    group(),
    DAY,
    'silent: not-sure',
  ],
  [
    'a forwarded cry for help is somebody else’s',
    { danger: { topic: 'acc-home-fire', sure: true }, forwarded: true },
    group(),
    DAY,
    'silent: not-sure',
  ],
  [
    'the same danger is not answered twice in half an hour',
    { danger: { topic: 'acc-home-fire', sure: true } },
    group({}, { lifeThreats: { 'acc-home-fire': minutesAgo(29) } }),
    DAY,
    'silent: life-threat-cap',
  ],
  [
    'another danger is',
    { danger: { topic: 'fa-choking', sure: true } },
    group({}, { lifeThreats: { 'acc-home-fire': minutesAgo(1) } }),
    DAY,
    'life-threat',
  ],
  [
    'a notice to everybody is not ours to answer',
    { mentionsEveryone: true, danger: { topic: 'acc-home-fire', sure: true } },
    group(),
    DAY,
    'silent: everyone',
  ],
  [
    'a rumor is left alone unless the group wants otherwise',
    { rumor: 'snake-suck' },
    group(),
    DAY,
    'silent: not-addressed',
  ],
  ['where it does, it is answered', { rumor: 'snake-suck' }, group({ unaskedRumors: true }), DAY, 'rumor'],
  ['but not at night', { rumor: 'snake-suck' }, group({ unaskedRumors: true }), NIGHT, 'silent: quiet-hours'],
  [
    'nor within two hours of another one',
    { rumor: 'snake-suck' },
    group({ unaskedRumors: true }, { rumorAt: minutesAgo(119) }),
    DAY,
    'silent: rumor-cap',
  ],
  [
    'nor the same one within a day',
    { rumor: 'snake-suck' },
    group({ unaskedRumors: true }, { rumorAt: minutesAgo(600), rumors: { 'snake-suck': minutesAgo(1439) } }),
    DAY,
    'silent: rumor-cap',
  ],
]
for (const [name, heard, state, at, expected] of cases) {
  test(name, () => assert.equal(answer(maySpeak({ ...ordinary, ...heard }, state, at)), expected))
}

test('whatever else is said, a message that is not addressed, not dangerous and no rumor is never answered in a group', () => {
  fc.assert(
    fc.property(
      fc.record({
        ageMs: fc.integer({ min: -1000, max: 600_000 }),
        backlog: fc.boolean(),
        fromBot: fc.boolean(),
        mentionsEveryone: fc.boolean(),
        forwarded: fc.boolean(),
        setsManners: fc.boolean(),
        hour: fc.integer({ min: 0, max: 23 }),
        unaskedRumors: fc.boolean(),
        muted: fc.boolean(),
      }),
      ({ hour, unaskedRumors, muted: isMuted, ...heard }) => {
        const state = group({ unaskedRumors, mutedUntil: isMuted ? new Date(NOW.getTime() + 1) : null })
        assert.equal(maySpeak({ ...ordinary, ...heard }, state, { now: NOW, hour }).speak, false)
      },
    ),
    { numRuns: 500 },
  )
})
