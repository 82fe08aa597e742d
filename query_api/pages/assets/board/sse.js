// Server-sent events, read from the body of a response. EventSource would do, but it shows no
// comments: without these a stream that died looks like one that is quiet.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

/** Yields {event, id, data} of each event, and null for each comment. */
export async function* serverSentEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) yield parsed(block);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(block) {
  const fields = {};
  for (const line of block.split("\n")) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name !== "") fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
  }
  return Object.keys(fields).length ? fields : null;
}
