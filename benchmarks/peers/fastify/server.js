// Products on Fastify and what its own documentation puts around it.
//
// `node server.js`; the environment says where: BENCH_PORT, BENCH_POSTGRES_DSN (a URL), BENCH_REDIS_URL, BENCH_TOKEN_SECRET.

import { pbkdf2Sync, randomUUID } from 'node:crypto'
import jwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'
import metrics from 'fastify-metrics'
import Redis from 'ioredis'
import CircuitBreaker from 'opossum'
import pg from 'pg'

const POOL_CONNECTIONS = 10
const DEADLINE_MILLISECONDS = 10_000
const CACHE_SECONDS = 3_600
const PAGE = 20
const PLENTY = 1_000_000
const ISSUER = 'https://id.example.org'
const AUDIENCE = 'benchmark'

// The driver's own times have no microseconds: the text comes from Postgres.
const time = (column) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${column}`
const COLUMNS = `id, sku, name, price, stock, tags, version, ${time('created_at')}, ${time('updated_at')}`
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

const text = { type: 'string' }
const newProduct = {
  type: 'object',
  required: ['sku', 'name', 'price'],
  additionalProperties: false,
  properties: {
    sku: { type: 'string', pattern: '^[A-Z0-9-]{3,32}$' },
    name: { type: 'string', minLength: 1, maxLength: 200 },
    price: { type: 'string', pattern: '^\\d{1,10}(\\.\\d{1,2})?$' },
    stock: { type: 'integer', minimum: 0, default: 0 },
    tags: { type: 'array', items: text, default: [] },
  },
}
const product = {
  type: 'object',
  properties: {
    id: text,
    sku: text,
    name: text,
    price: text,
    stock: { type: 'integer' },
    tags: { type: 'array', items: text },
    version: { type: 'integer' },
    created_at: text,
    updated_at: text,
  },
}
const page = { type: 'object', properties: { items: { type: 'array', items: product }, next: { type: ['string', 'null'] } } }
const pong = { type: 'object', properties: { status: text } }
const done = { type: 'object', properties: { key: text } }
const key = { type: 'object', properties: { key: { type: 'string', format: 'uuid' } } }

const pool = new pg.Pool({
  connectionString: process.env.BENCH_POSTGRES_DSN,
  max: POOL_CONNECTIONS,
  min: POOL_CONNECTIONS,
})
const redis = new Redis(process.env.BENCH_REDIS_URL)
const query = new CircuitBreaker((statement) => pool.query(statement), {
  timeout: DEADLINE_MILLISECONDS,
  errorThresholdPercentage: 50,
  resetTimeout: 30_000,
})

const app = Fastify({ logger: true })
await app.register(metrics, { endpoint: '/metrics' })
await app.register(jwt, {
  secret: process.env.BENCH_TOKEN_SECRET,
  verify: { algorithms: ['HS256'], allowedIss: ISSUER, allowedAud: AUDIENCE },
})
app.addHook('onRequest', async (request) => {
  await request.jwtVerify()
})
await app.register(rateLimit, {
  max: PLENTY,
  timeWindow: '1 minute',
  redis,
  keyGenerator: (request) => request.user.sub,
})

// A name makes a prepared statement of it, as the driver's documentation advises.
const readStatement = { name: 'read', text: `SELECT ${COLUMNS} FROM product WHERE id = $1` }
const pageStatement = { name: 'page', text: `SELECT ${COLUMNS} FROM product ORDER BY id LIMIT ${PAGE + 1}` }
const createStatement = {
  name: 'create',
  text: `INSERT INTO product (id, sku, name, price, stock, tags) VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${COLUMNS}`,
}

const productOf = async (key) => {
  const { rows } = await query.fire({ ...readStatement, values: [key] })
  return rows[0]
}
const missing = (reply) => reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'There is no such product.' })

app.get('/ping', { schema: { response: { 200: pong } } }, async () => ({ status: 'ok' }))

app.get('/work', { schema: { response: { 200: done } } }, async () => {
  return { key: pbkdf2Sync('overload', 'salt', 4_000, 32, 'sha256').toString('hex').slice(0, 16) }
})

app.get('/products/:key', { schema: { params: key, response: { 200: product } } }, async (request, reply) => {
  return (await productOf(request.params.key)) ?? missing(reply)
})

app.get('/cached/products/:key', { schema: { params: key } }, async (request, reply) => {
  const name = `product:${request.params.key}`
  let kept = await redis.get(name)
  if (kept === null) {
    const found = await productOf(request.params.key)
    if (!found) return missing(reply)
    kept = JSON.stringify(found)
    await redis.set(name, kept, 'EX', CACHE_SECONDS)
  }
  return reply.header('content-type', 'application/json; charset=utf-8').send(kept)
})

app.get('/products', { schema: { response: { 200: page } } }, async () => {
  const { rows } = await query.fire(pageStatement)
  const next = rows.length > PAGE ? Buffer.from(rows[PAGE - 1].id).toString('base64url') : null
  return { items: rows.slice(0, PAGE), next }
})

app.post('/products', { schema: { body: newProduct, response: { 201: product } } }, async (request, reply) => {
  const { sku, name, price, stock, tags } = request.body
  const { rows } = await query.fire({
    ...createStatement,
    values: [randomUUID(), sku, name, price, stock, JSON.stringify(tags)],
  })
  return reply.code(201).header('location', `/products/${rows[0].id}`).send(rows[0])
})

await app.listen({ host: '127.0.0.1', port: Number(process.env.BENCH_PORT) })
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    await app.close()
    await pool.end()
    redis.disconnect()
    process.exit(0)
  })
}
