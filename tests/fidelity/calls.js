// Makes the calls of CleverTap's own Node client and writes what came of each as JSON.
// Its address is a property of the client: pointed here at a sandbox, the package itself is left as it is.
const CleverTap = require("clevertap");

const account = JSON.parse(process.env.FIDELITY_ACCOUNT);
const calls = JSON.parse(process.env.FIDELITY_CALLS);

async function main() {
  const client = CleverTap.init(account.id, account.passcode, CleverTap.REGIONS.EUROPE);
  client.api.apiEndpoint = `${account.url}/1`;
  const results = [];
  for (const [method, ...args] of calls) {
    const called = [];
    const found = await client[method](...args, (answer) => called.push(answer));
    results.push({ method, found, called: called.length === 1 && called[0] === found });
  }
  process.stdout.write(JSON.stringify(results));
}

main().catch((error) => {
  process.stderr.write(String(error && error.stack ? error.stack : error));
  process.exit(1);
});
