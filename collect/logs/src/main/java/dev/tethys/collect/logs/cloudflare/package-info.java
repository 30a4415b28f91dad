/** Request logs of Cloudflare's zones, by its Logpull API. */
@NullMarked
package dev.tethys.collect.logs.cloudflare;

import org.jspecify.annotations.NullMarked;
