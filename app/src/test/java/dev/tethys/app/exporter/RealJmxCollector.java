package dev.tethys.app.exporter;

import io.prometheus.jmx.JmxCollector;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The collector of jmx_exporter in its own process: the HTTP server of this process would refuse
 * its deserialization.
 */
final class RealJmxCollector {
  private RealJmxCollector() {}

  /** What it shows for a file. */
  static String page(Path file) throws Exception {
    return said(file, "page");
  }

  /**
   * What Prometheus's client for Java knows of its metrics, a line each: the kind, its name, the
   * name as it was written, the unit or {@code null}.
   */
  static String metadata(Path file) throws Exception {
    return said(file, "metadata");
  }

  private static String said(Path file, String what) throws Exception {
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                RealJmxCollector.class.getName(),
                file.toString(),
                what)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String page = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    p.waitFor();
    return page;
  }

  /** Prints one page. */
  public static void main(String[] args) throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    new JmxCollector(new File(args[0])).register(registry);
    registry.scrape(); // metrics about a look are shown by the next one
    if (args[1].equals("metadata")) {
      for (MetricSnapshot m : registry.scrape()) {
        MetricMetadata d = m.getMetadata();
        System.out.println(
            m.getClass().getSimpleName()
                + " "
                + d.getName()
                + " "
                + d.getOriginalName()
                + " "
                + d.getUnit());
      }
      System.exit(0);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new PrometheusTextFormatWriter(false).write(out, registry.scrape());
    System.out.write(out.toByteArray());
    System.out.flush();
    System.exit(0);
  }
}
