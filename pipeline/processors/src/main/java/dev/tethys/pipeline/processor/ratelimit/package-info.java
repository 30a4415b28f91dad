/** The {@code rate_limiter} processor: a bound on items per second, shared fairly. */
@NullMarked
package dev.tethys.pipeline.processor.ratelimit;

import org.jspecify.annotations.NullMarked;
