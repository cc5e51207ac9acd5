import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  createWechatyHarness,
  NOW,
  type WechatyHarness,
  type WechatyHarnessOptions,
} from '../../support/wechaty-room.ts'
import { ManualTimers } from '../../support/wechaty-timers.ts'

const ROOM = { id: 'room@chatroom', kind: 'group' } as const
const nothing = async () => {}

async function withHarness(options: WechatyHarnessOptions, run: (harness: WechatyHarness) => Promise<void>) {
  const harness = await createWechatyHarness(options)
  try {
    await run(harness)
  } finally {
    await harness.stop()
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const started = performance.now()
  while (!isSo()) {
    assert.ok(performance.now() - started < 15_000, 'never came true')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('which puppet', () => {
  const loaded: string[] = []
  const importNothing = async (name: string): Promise<unknown> => {
    loaded.push(name)
    throw Object.assign(new Error(`Cannot find package '${name}' imported from here`), { code: 'ERR_MODULE_NOT_FOUND' })
  }
  const healthWhileFailing = async (puppet: string, importModule = importNothing) => {
    loaded.length = 0
    const timers = new ManualTimers()
    const harness = await createWechatyHarness({
      start: false,
      settings: { puppet },
      parts: { timers, importModule, createPuppet: undefined as never },
    })
    await harness.channel.start(nothing)
    const health = harness.channel.health()
    const waits = timers.waits()
    await harness.stop()
    return { ...health, waits }
  }

  test('without one nothing is loaded, so that wechaty cannot take wechat4u of its own accord', async () => {
    for (const puppet of ['', '  ']) {
      const { state, sentence, waits } = await healthWhileFailing(puppet)
      assert.deepEqual([state, waits, loaded], ['failing', [], []])
      assert.match(sentence ?? '', /没有设置/)
    }
  })

  test('the mock is no puppet for residents, and what is no puppet is not loaded', async () => {
    for (const puppet of ['mock', 'wechaty-puppet-mock', 'express', '../evil', 'wechaty-puppet-x/../../y']) {
      const { state, waits } = await healthWhileFailing(puppet)
      assert.deepEqual([state, waits, loaded], ['failing', [], []])
    }
  })

  test('a missing package is told with the command that installs it, and not tried again', async () => {
    const puppet = await healthWhileFailing('wechaty-puppet-padlocal')
    assert.match(puppet.sentence ?? '', /npm install wechaty-puppet-padlocal /)
    assert.deepEqual([puppet.state, puppet.waits], ['failing', []])
    class Given {
      on() {}
    }
    const sdk = await healthWhileFailing('wechaty-puppet-service', async (name) =>
      name === 'wechaty-puppet-service' ? { default: Given } : importNothing(name),
    )
    assert.match(sdk.sentence ?? '', /npm install wechaty wechaty-puppet /)
  })

  test('a package that breaks while it loads says so without its words', async () => {
    const { sentence } = await healthWhileFailing('wechaty-puppet-xp', async () => {
      throw new Error('dlopen failed secret')
    })
    assert.match(sentence ?? '', /wechaty-puppet-xp 装坏了/)
    assert.doesNotMatch(sentence ?? '', /secret/)
  })

  test('a puppet that refuses its token: start says so and does not throw, the token shows nowhere, a pause follows', async () => {
    const token = 'token-without-a-name-in-front'
    const timers = new ManualTimers()
    const harness = await createWechatyHarness({
      start: false,
      settings: { puppet: 'wechaty-puppet-service', puppetOptions: { token, endpoint: '127.0.0.1:1' } },
      parts: { timers, createPuppet: undefined as never },
    })
    await harness.channel.start(nothing)
    assert.equal(harness.channel.health().state, 'failing')
    assert.match(harness.channel.health().sentence ?? '', /没有启动成功/)
    assert.ok(!(harness.logged() + JSON.stringify(harness.channel.health())).includes(token))
    assert.deepEqual(timers.waits(), [15_000])
    await harness.stop()
  })
})

describe('a puppet that fails', () => {
  test('is started again with pauses that grow, up to ten minutes, and is connected when it works', async () => {
    const timers = new ManualTimers()
    const works = 8
    let attempts = 0
    await withHarness(
      {
        parts: { timers },
        prepare: () => {
          attempts++
          if (attempts <= works) throw new Error('not today')
        },
      },
      async ({ channel }) => {
        const pauses: number[] = []
        while (channel.health().state === 'failing') {
          const [pause = 0] = timers.waits()
          pauses.push(pause)
          const before = attempts
          timers.run(pause)
          await until(() => attempts > before && (channel.health().state === 'connected' || timers.waits().length > 0))
        }
        assert.deepEqual(
          pauses.map((ms) => ms / 1000),
          [15, 30, 60, 120, 240, 480, 600, 600],
        )
        assert.equal(channel.health().state, 'connected')
        assert.equal(channel.counters()['restarts'], works)
        assert.equal((await channel.send({ chat: ROOM, text: '好了', key: 'k' })).kind, 'sent')
      },
    )
  })

  test('one that hangs while it starts does not hold up stop', async () => {
    const timers = new ManualTimers()
    let goOn = () => {}
    const hang = new Promise<void>((resolve) => (goOn = resolve))
    const harness = await createWechatyHarness({
      start: false,
      parts: { timers },
      prepare: ({ puppet }) => {
        puppet.onStart = () => hang
      },
    })
    const starting = harness.channel.start(nothing)
    await until(() => timers.waits().includes(45_000))
    const stopping = harness.stop()
    await until(() => timers.waits().includes(10_000))
    timers.run(10_000)
    await Promise.all([stopping, starting])
    assert.equal(harness.channel.health().state, 'off')
    // The file only ends when what goes on now is stopped too.
    goOn()
  })
})

describe('an account that logs out', () => {
  test('is told as such, sends nothing, and is itself again when it comes back', () =>
    withHarness({}, async ({ channel, room, attempts }) => {
      const { puppet, mocker, bot } = room()
      await puppet.logout('kicked')
      assert.equal(channel.health().state, 'failing')
      assert.match(channel.health().sentence ?? '', /掉线/)
      const outcome = await channel.send({ chat: ROOM, text: '在', key: 'k' })
      assert.ok(outcome.kind === 'failed')
      assert.deepEqual([outcome.failure.kind, outcome.failure.code, attempts()], ['retryable', 'not-connected', 0])
      mocker.login(bot)
      assert.equal(channel.health().state, 'connected')
      assert.equal((await channel.send({ chat: ROOM, text: '在', key: 'k' })).kind, 'sent')
      const { logins, reconnects, logouts } = channel.counters()
      assert.deepEqual([logins, reconnects, logouts], [2, 1, 1])
    }))

  test('and stays away is connected anew after two minutes and a pause; old messages are not handed over twice', async () => {
    const timers = new ManualTimers()
    await withHarness({ parts: { timers } }, async (harness) => {
      const { channel, rooms, deliver, events, room } = harness
      const message = {
        id: 'a-1',
        talkerId: 'resident-1',
        listenerId: 'bot',
        timestamp: Date.parse(NOW),
        type: 7,
        text: '在',
      }
      await deliver({ event: 'message', message })
      await room().puppet.logout('kicked')
      timers.run(120_000)
      await until(() => timers.waits().includes(15_000))
      timers.run(15_000)
      await until(() => channel.health().state === 'connected')
      assert.equal(rooms.length, 2)
      await deliver({ event: 'message', message })
      assert.equal(events.length, 1)
      const { restarts, ignoredDuplicate } = channel.counters()
      assert.deepEqual([restarts, ignoredDuplicate], [1, 1])
    })
  })

  test('that is thrown out soon after each login is tried more and more seldom', async () => {
    const timers = new ManualTimers()
    await withHarness({ parts: { timers } }, async ({ channel, clock, room }) => {
      const pauses: number[] = []
      for (const stayMs of [60_000, 60_000, 60_000, 3_600_000]) {
        clock.advance(stayMs)
        await room().puppet.logout('kicked')
        timers.run(120_000)
        await until(() => timers.waits().length === 1 && !timers.waits().includes(10_000))
        const [pause = 0] = timers.waits()
        pauses.push(pause / 1000)
        timers.run(pause)
        await until(() => channel.health().state === 'connected')
      }
      assert.deepEqual(pauses, [15, 30, 60, 15])
    })
  })

  test('events of a connection that was given up are not heard', async () => {
    const timers = new ManualTimers()
    await withHarness({ parts: { timers } }, async ({ channel, rooms, events, stop }) => {
      await stop()
      rooms[0]?.puppet.emit('message', { messageId: 'late' })
      rooms[0]?.puppet.emit('error', { data: 'late' })
      await channel.idle()
      assert.deepEqual([events.length, channel.counters()['errors']], [0, 0])
    })
  })

  test('a login that cannot be understood is no login', () =>
    withHarness({}, async ({ channel, room }) => {
      await room().puppet.logout()
      room().puppet.emit('login', {} as never)
      assert.equal(channel.health().state, 'failing')
      assert.equal(channel.counters()['ignoredMalformed'], 1)
    }))

  test('and loses its service while the puppet still starts gets no second puppet beside the first', async () => {
    const timers = new ManualTimers()
    let goOn = () => {}
    const hang = new Promise<void>((resolve) => (goOn = resolve))
    await withHarness(
      {
        parts: { timers },
        prepare: ({ puppet, mocker, bot }, attempt) => {
          if (attempt > 0) return
          puppet.onStart = async () => {
            mocker.login(bot)
            await hang
          }
        },
      },
      async ({ channel, rooms, room }) => {
        room().puppet.emit('error', Object.assign(new Error('14 UNAVAILABLE: Connection dropped'), { code: 14 }))
        assert.equal(channel.health().state, 'failing')
        timers.run(5_000)
        for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
        assert.equal(rooms.length, 1)
        goOn()
        await until(() => timers.waits().includes(15_000))
        timers.run(15_000)
        await until(() => channel.health().state === 'connected')
        assert.equal(rooms.length, 2)
      },
    )
  })

  test('resets are counted', () =>
    withHarness({}, async ({ channel, room }) => {
      room().puppet.emit('reset', { data: 'watchdog' })
      assert.equal(channel.counters()['resets'], 1)
    }))
})

describe('an account that has to be logged in by hand', () => {
  test('the login is kept where the settings say, in a folder of its own', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'anxiao-wechaty-'))
    try {
      await withHarness({ dir, settings: { name: join(dir, 'login', 'account') } }, async ({ room }) => {
        const { memory } = room().puppet
        await memory.set('session', 'kept')
        await memory.save()
      })
      assert.deepEqual(await readdir(join(dir, 'login')), ['account.memory-card.json'])
      assert.equal((await stat(join(dir, 'login'))).mode & 0o777, 0o700)
      await withHarness({ dir, settings: { name: join(dir, 'login', 'account') } }, async ({ room }) => {
        assert.equal(await room().puppet.memory.get('session'), 'kept')
      })
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  test('start does not wait for the phone; the code to scan is there until the login', async () => {
    await withHarness(
      {
        parts: { timers: new ManualTimers() },
        prepare: ({ puppet, mocker, bot }) => {
          puppet.removeAllListeners('start')
          puppet.on('start', () => mocker.scan('http://weixin.qq.com/x/code'))
          puppet.once('dong', () => mocker.login(bot))
        },
      },
      async ({ channel, room }) => {
        assert.equal(channel.health().state, 'failing')
        assert.match(channel.health().sentence ?? '', /扫码/)
        assert.equal(channel.loginCode(), 'http://weixin.qq.com/x/code')
        room().puppet.emit('dong', { data: '' })
        assert.equal(channel.health().state, 'connected')
        assert.equal(channel.loginCode(), undefined)
        assert.equal(channel.account, 'bot')
      },
    )
  })
})
