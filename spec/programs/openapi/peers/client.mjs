// Usage: node client.mjs openapi-client-axios|swagger-client DOCUMENT ADDRESS
// Prints what a client costs: processor time and memory until it is ready, and of a call.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const [which, document, address] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const repository = { owner: 'lua', repo: 'lua' };

const makers = {
  async 'openapi-client-axios'(definition) {
    const { OpenAPIClientAxios } = require('openapi-client-axios');
    const api = new OpenAPIClientAxios({ definition, withServer: { url: address } });
    const client = await api.init();
    return () => client['repos/get'](repository);
  },
  async 'swagger-client'(spec) {
    const loaded = require('swagger-client');
    const SwaggerClient = loaded.default ?? loaded;
    spec.servers = [{ url: address }];
    const client = await SwaggerClient({ spec });
    const where = { pathName: '/repos/{owner}/{repo}', method: 'get' };
    return () => client.execute({ ...where, parameters: repository });
  },
};

const milliseconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const memory = () => process.resourceUsage().maxRSS / 1024;

if (which === 'swagger-client') require('swagger-client');
else require('openapi-client-axios');
const before = memory(), began = milliseconds();
const call = await makers[which](JSON.parse(fs.readFileSync(document)));
const ready = milliseconds() - began;
const first_began = milliseconds();
await call();
const first = milliseconds() - first_began;
const peak = memory() - before;
const count = 500;
for (let i = 0; i < count; i++) await call();
const calls_began = milliseconds();
for (let i = 0; i < count; i++) await call();
const each = (milliseconds() - calls_began) / count;
console.log(`${which.padEnd(22)} ready ${ready.toFixed(0).padStart(6)} ms, ${peak.toFixed(0).padStart(4)} MB;`
  + ` first call ${first.toFixed(1)} ms, then ${(each * 1000).toFixed(0)} us`);
process.exit(0);
