import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { types } from 'wechaty-puppet'
import { readAppMessage } from '../../../src/channels/wechaty/read-app-message.ts'
import { readQuote } from '../../../src/channels/wechaty/read-quote.ts'
import { findElement, readAttribute, readXml } from '../../../src/channels/wechaty/read-xml.ts'

test('elements, attributes, entities, character data and comments are read', () => {
  const root = readXml(`<?xml version="1.0"?><!-- a > b --><msg a="1 > 0" b='"'>x &lt;y&gt; &#20013;&#x6587; &nope;
    <title><![CDATA[<type>19</type> & so]]></title><url/></msg>`)
  assert.equal(root?.name, 'msg')
  assert.equal(readAttribute(root, 'a'), '1 > 0')
  assert.equal(root?.text.trim(), 'x <y> 中文 &nope;')
  assert.equal(findElement(root, 'title')?.text, '<type>19</type> & so')
  assert.deepEqual(findElement(root, 'url')?.children, [])
})

test('what is not whole, too deep or too long is not read', () => {
  const deep = '<a>'.repeat(100) + '</a>'.repeat(100)
  const many = `<a>${'<b/>'.repeat(10_000)}</a>`
  for (const text of ['', 'a', '<a>', '<a></b>', '</a>', '<a', '<a b="', '<a><![CDATA[x', '< a></a>', deep, many]) {
    assert.equal(readXml(text), undefined, text.slice(0, 20))
  }
  assert.equal(readXml(`<a>${' '.repeat(300_000)}</a>`), undefined)
})

test('no text makes the readers throw or hang', () => {
  const bits = [
    '<',
    '>',
    '/',
    '"',
    '&',
    ';',
    '<msg>',
    '<appmsg',
    '</msg>',
    '<![CDATA[',
    ']]>',
    '「',
    '」',
    '：',
    '\n- - - -\n',
    '字',
  ]
  const texts = fc
    .array(fc.oneof(fc.constantFrom(...bits), fc.string()), { maxLength: 60 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, (text) => {
      readXml(text)
      readAppMessage(`<msg><appmsg>${text}`)
      readQuote(`「${text}`)
    }),
    { numRuns: 300 },
  )
  const started = performance.now()
  readXml(`<a ${'"'.repeat(200_000)}`)
  readXml('<!--'.repeat(50_000))
  readXml('<a>&'.repeat(50_000))
  readQuote(`「${'」\n- - - -\n'.repeat(10_000)}`)
  readQuote(`「${'」\n' + '- '.repeat(50_000)}`)
  assert.ok(performance.now() - started < 2_000)
})

test('a title that pretends to be another kind of message is only a title', () => {
  const message = readAppMessage(
    '<msg><appmsg><title>&lt;type&gt;57&lt;/type&gt;</title><type>5</type><url>http://example.org</url></appmsg></msg>',
  )
  assert.deepEqual(message, { kind: 'link', title: '<type>57</type>', url: 'http://example.org' })
})

test('the numbers of kinds are those of the puppets', () => {
  const { Message, Contact } = types
  assert.deepEqual(
    [Message.Attachment, Message.Audio, Message.Contact, Message.ChatHistory, Message.Emoticon, Message.Image],
    [1, 2, 3, 4, 5, 6],
  )
  assert.deepEqual(
    [Message.Text, Message.Location, Message.MiniProgram, Message.GroupNote, Message.Transfer, Message.RedEnvelope],
    [7, 8, 9, 10, 11, 12],
  )
  assert.deepEqual([Message.Recalled, Message.Url, Message.Video, Message.Post], [13, 14, 15, 16])
  assert.deepEqual([Contact.Official, Contact.Corporation], [2, 3])
})
