package dev.tethys.app.server;

import dev.tethys.collect.scrape.ScrapeConfig;
import java.nio.file.Path;
import java.util.List;

/** Lines shown on a terminal when the server is ready. */
final class StartupBanner {
  private static final int MOST_JOBS = 8;

  private StartupBanner() {}

  static String text(
      String url, Configuration configuration, String observing, Path folder, String retention) {
    StringBuilder sb = new StringBuilder();
    sb.append("\n  Tethys is ready: ").append(url).append("/\n\n");
    sb.append("  configuration  ").append(configuration.source()).append('\n');
    sb.append("  collecting     ").append(collecting(configuration));
    sb.append("\n  observing      ").append(observing);
    sb.append("\n  storing in     ")
        .append(folder.toAbsolutePath())
        .append(" for ")
        .append(retention)
        .append("\n  stop with      Ctrl-C\n");
    return sb.toString();
  }

  private static String collecting(Configuration configuration) {
    List<String> jobs = configuration.current().jobs().stream().map(ScrapeConfig::jobName).toList();
    if (jobs.isEmpty()) {
      return "nothing is configured to be scraped";
    }
    return configuration.source().equals("embedded defaults")
        ? "this process (job tethys) and this machine (job node), each 10 s"
        : jobs.size()
            + " jobs: "
            + String.join(", ", jobs.subList(0, Math.min(MOST_JOBS, jobs.size())))
            + (jobs.size() > MOST_JOBS ? ", …" : "");
  }
}
