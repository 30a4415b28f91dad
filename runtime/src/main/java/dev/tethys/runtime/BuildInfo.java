package dev.tethys.runtime;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;

/**
 * Version information of this program.
 *
 * @param version version of Tethys
 * @param revision the commit it was built from, or {@code unknown}
 * @param java the version of the virtual machine
 */
public record BuildInfo(String version, String revision, String java) {
  /** Returns the running build. */
  public static BuildInfo current() {
    Properties p = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        p.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new BuildInfo(
        p.getProperty("version", "unknown"),
        p.getProperty("revision", "unknown"),
        Runtime.version().toString());
  }

  /** Says in the log of a role that it starts, and which build it is. */
  public void announce(System.Logger log, String role) {
    log.log(
        System.Logger.Level.INFO,
        "starting tethys {0}, version {1}, revision {2}, Java {3}",
        role,
        version,
        revision,
        java);
  }

  /**
   * Returns the build information metric that all Prometheus programs expose.
   *
   * @param program {@code prometheus} or {@code alertmanager}: the prefix of the metric's names
   * @param called name in the help text
   */
  public Collector metric(String program, String called) {
    MetricFamily f =
        new MetricFamily(
            program + "_build_info",
            MetricType.GAUGE,
            "A metric with a constant '1' value labeled by the version and revision that "
                + called
                + " was built from.",
            "",
            List.of(
                new MetricFamily.Metric(
                    Labels.of("version", version, "revision", revision, "goversion", "java" + java),
                    1)));
    return to -> to.accept(f);
  }
}
