package dev.tethys.alert.manager;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.state.SilenceLimits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/** How Alertmanagers of tests are set up. */
public final class TestOptions {
  private TestOptions() {}

  /** As the flags are by default, at http://am, without a delay at the start. */
  public static AlertmanagerOptions in(Path folder) {
    return in(folder, Duration.ofHours(120), MetricLabels.NONE);
  }

  /**
   * The same with some of it chosen.
   *
   * @param retention for how long what has ended is known
   */
  public static AlertmanagerOptions in(Path folder, Duration retention, MetricLabels labels) {
    return new AlertmanagerOptions(
        folder,
        new SilenceLimits(retention, 0, 0),
        false,
        Duration.ofMinutes(15),
        Duration.ofMinutes(30),
        0,
        Duration.ZERO,
        MatcherSyntax.FALLBACK,
        URI.create("http://am"),
        labels);
  }
}
