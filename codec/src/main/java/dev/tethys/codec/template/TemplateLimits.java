package dev.tethys.codec.template;

import java.time.Duration;

/**
 * Template execution limits, so that no template can block a process or exhaust its memory.
 *
 * @param outputChars the longest output, and the longest string that a function may return
 * @param depth nesting depth of template calls
 * @param steps number of nodes that may be evaluated
 * @param time duration of the execution; queries of the template have separate limits
 */
public record TemplateLimits(int outputChars, int depth, long steps, Duration time) {
  /** Limits for labels and annotations of alerts. */
  public static final TemplateLimits DEFAULT =
      new TemplateLimits(1 << 20, 200, 1_000_000, Duration.ofSeconds(10));
}
