import { joinLines, type Rendered } from './render.ts'
import type { DeclineCause } from './answer.ts'

const DANGER = '有危险先打110、119、120。'
const SCOPE = '我只答应急避险、急救、防灾和网传说法。'

const DECLINES: Record<DeclineCause, Rendered> = {
  'no-material': {
    text: joinLines(['【暂无审定内容】这件事我没有可靠材料，不乱答。', `办事打12345；${DANGER}`]),
    group: joinLines(['【暂无审定内容】没有可靠材料，我不乱答。', `办事打12345；${DANGER}`]),
  },
  'outside-field': {
    text: joinLines([`【暂无审定内容】这件事不归我答。${SCOPE}`, `办事打12345；${DANGER}`]),
    group: joinLines(['【暂无审定内容】这件事不归我答。', `办事打12345；${DANGER}`]),
  },
  'nothing-said': both(joinLines(['没看到文字。', '可以直接问，比如“地震了怎么办”。', DANGER])),
  greeting: both(
    joinLines([
      '您好，我是安晓，应急科普机器人。',
      '可以问我避险、急救，也可以把听到的说法发来核对。',
      `我不是报警电话，${DANGER}`,
    ]),
  ),
  thanks: both('不客气。平时多看一眼，急时少慌一分。'),
  'about-bot': both(
    joinLines([
      '我是安晓，应急科普机器人，不是真人。',
      '问避险、急救、防灾，或者发来听到的说法，我给出有来源的回答。',
      `我不是报警电话，${DANGER}`,
    ]),
  ),
  rude: both(joinLines(['我在听。遇到什么事了？直接说事情就行。', DANGER])),
  'foreign-language': {
    text: joinLines([
      '我现在只有中文内容。',
      'I can only answer in Chinese for now.',
      'In danger call 119 (fire, rescue), 120 (ambulance) or 110 (police).',
    ]),
    group: joinLines(['我现在只有中文内容。', 'Chinese only. In danger: 119 fire, 120 ambulance, 110 police.']),
  },
  'none-of-these': both(joinLines(['都不是的话，请换个说法，说说发生了什么事。', `也可以打12345问；${DANGER}`])),
  'danger-unclear': both(
    joinLines(['如果有人有危险：马上打110、119或120。', '说清在哪里、出了什么事。', '想问别的，请换个说法再说一遍。']),
  ),
  degraded: both(joinLines(['现在只能查紧急避险，其他内容稍后再问。', DANGER])),
}

export function renderDecline(cause: DeclineCause): Rendered {
  return DECLINES[cause]
}

function both(text: string): Rendered {
  return { text, group: text }
}
