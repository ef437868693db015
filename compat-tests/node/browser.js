// What a page in a real browser sees through the gateway: node browser.js URL-OF-THE-PAGE; one line of JSON.
// The page says in `window.seen` what it has seen, a promise.
const { chromium } = require('playwright-core');

async function main(url) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    // Tests run as root, where the browser has no sandbox.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    // The certificate is an authority's that the browser does not know.
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(error));
    page.on('console', (message) => console.error(message.text()));
    const answer = await page.goto(url);
    const seen = await page.evaluate(() => window.seen);
    console.log(JSON.stringify({ status: answer.status(), ...seen }));
  } finally {
    await browser.close();
  }
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
