/** The {@code rate_limiter} processor: so many items a second, shared fairly. */
@NullMarked
package dev.tethys.pipeline.processor.ratelimit;

import org.jspecify.annotations.NullMarked;
