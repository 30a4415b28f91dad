package dev.tethys.app.server;

import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.model.GoJson;
import dev.tethys.prometheus.PrometheusConfig;
import java.io.IOException;
import java.util.List;

/** Job by which the server stores the metrics of one of its pages. */
record OwnJob(String name, String path, String interval) {
  /** Whether configured jobs have the name, which take precedence. */
  boolean isIn(List<ScrapeConfig> configured) {
    return configured.stream().anyMatch(j -> j.jobName().equals(name));
  }

  /**
   * Returns the job.
   *
   * @param address of the server
   */
  List<ScrapeConfig> at(String address) throws IOException {
    return PrometheusConfig.parse("job " + name, yaml(address, Configuration.hostName())).jobs();
  }

  String yaml(String address, String host) {
    return """
    scrape_configs:
    - job_name: %s
      scrape_interval: %s
      metrics_path: %s
      static_configs:
      - targets: [%s]
        labels: {instance: %s}
    """
        .formatted(name, interval, path, quoted(address), quoted(host));
  }

  /** Quotes a text as a JSON string, which is valid YAML. */
  private static String quoted(String s) {
    return GoJson.append(new StringBuilder(), s).toString();
  }
}
