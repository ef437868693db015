// Registers with eureka-js-client and follows the registry until SIGTERM; GET /copy shows what it holds.
'use strict';

const http = require('http');
const { Eureka } = require('eureka-js-client');

const { ADDRESS, APP, EUREKA_URL, INSTANCE_ID, PORT } = process.env;
const registry = new URL(EUREKA_URL);

// Intervals of 1 s, deltas, and instances that are not UP too; everything else is as the client has it.
const client = new Eureka({
  instance: {
    instanceId: INSTANCE_ID,
    app: APP,
    hostName: ADDRESS,
    ipAddr: ADDRESS,
    port: { $: Number(PORT), '@enabled': true },
    vipAddress: APP.toLowerCase(),
    leaseInfo: { renewalIntervalInSecs: 1, durationInSecs: 30 },
    dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
  },
  eureka: {
    host: registry.hostname,
    port: Number(registry.port),
    servicePath: '/eureka/apps/',
    heartbeatInterval: 1000,
    registryFetchInterval: 1000,
    filterUpInstances: false,
  },
  shouldUseDelta: true,
  // It does not take credentials from a URL: its users add them to each request.
  requestMiddleware: (options, done) => {
    const auth = registry.username && { user: registry.username, password: registry.password };
    done(auth ? { ...options, auth } : options);
  },
});

// Its lists by virtual address: those by application lose an instance when another one of it changes.
function copy() {
  const instances = {};
  for (const listed of Object.values(client.cache.vip)) {
    for (const instance of listed) instances[instance.instanceId] = instance.status;
  }
  return { hash: null, instances };
}

const server = http.createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(copy()));
});

client.start((error) => {
  if (error) throw error;
  server.listen(Number(PORT), ADDRESS);
});

process.on('SIGTERM', () => {
  client.stop((error) => {
    if (error) throw error;
    process.exit(0);
  });
});
