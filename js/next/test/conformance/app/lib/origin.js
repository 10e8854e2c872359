import http from 'node:http'

const agent = new http.Agent({ keepAlive: true })

/** Asks the source for what it has under that name, past Next's own fetch. */
export function ask(name, path = '') {
  const url = `${process.env.ORIGIN_URL}/${encodeURIComponent(name)}${path}`
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk) => (text += chunk))
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text))
          else reject(new Error(`The source said ${answer.statusCode}.`))
        })
        answer.on('error', reject)
      })
      .on('error', reject)
  })
}
