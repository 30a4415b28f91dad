package dev.tethys.codec.template;

import java.time.Duration;

/**
 * What one execution of a template may take, so that no template can hold up or fill a process.
 *
 * @param outputChars the longest output, and the longest string that a function may give
 * @param depth how deeply templates may call each other
 * @param steps how many nodes may be evaluated
 * @param time how long it may run; queries that it makes have limits of their own
 */
public record TemplateLimits(int outputChars, int depth, long steps, Duration time) {
  /** For alerts: a label or an annotation. */
  public static final TemplateLimits DEFAULT =
      new TemplateLimits(1 << 20, 200, 1_000_000, Duration.ofSeconds(10));
}
