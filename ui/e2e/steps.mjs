// What scenarios of all suites do.
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export async function settled(page) {
  await page.waitForSelector('main h1');
  await page.waitForFunction(() => !document.querySelector('main .loading, main .spinner'), undefined, {
    timeout: 30_000,
  });
}

/** Polls until a condition holds, for half a minute or the given milliseconds at most. */
export async function until(what, condition, patience = 30_000) {
  const deadline = Date.now() + patience;
  let last;
  while (Date.now() < deadline) {
    last = await condition();
    if (last) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited for: ${what}`);
}
