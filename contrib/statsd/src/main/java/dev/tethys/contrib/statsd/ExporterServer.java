package dev.tethys.contrib.statsd;

import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.prometheus.collect.ExporterFlags;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The pages of an exporter and the flags that all of them have. */
final class ExporterServer {
  private static final System.Logger LOG = JulLogger.of(ExporterServer.class.getName());

  private ExporterServer() {}

  /** Flags of every exporter, to which it adds its own. */
  static List<Flag> flags(String port) {
    return new ArrayList<>(ExporterFlags.flags(ExporterFlag.ofEveryProgram(port)));
  }

  /** Work of an exporter after its pages are served. */
  interface Started {
    void run() throws IOException;
  }

  /**
   * Serves until the process is stopped.
   *
   * @param called such as {@code StatsD Exporter}
   * @param program such as {@code statsd_exporter}, what its build is shown as
   * @param registry all of its metrics
   * @param routes its own pages, in addition to pages common to all exporters
   * @param started opens its other listeners, once its pages are available
   */
  static int serve(
      FlagSet flags,
      String called,
      String program,
      Registry registry,
      Routes routes,
      Started started) {
    registry.register(new dev.tethys.collect.host.linux.ProcessCollector());
    registry.register(Registry.process());
    registry.register(BuildInfo.current().metric(program, program));
    String path = flags.get("web.telemetry-path");
    routes.get(path, (q, r) -> MetricsPage.answer(q, r, registry.gather()));
    routes.get("/-/healthy", (q, r) -> r.send("OK"));
    routes.get("/-/ready", (q, r) -> r.send("OK"));
    if (!path.equals("/")) {
      String page =
          "<!doctype html><title>"
              + called
              + "</title><h1>"
              + called
              + "</h1><p>Tethys "
              + BuildInfo.current().version()
              + "</p><p><a href=\""
              + path
              + "\">Metrics</a></p>";
      routes.get(
          "/", (q, r) -> r.send("text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8)));
    }
    String web = flags.get("web.config.file");
    HttpListenerOptions options =
        HttpListenerOptions.on(ListenFlags.addresses(flags))
            .withWebConfigFile(web.isEmpty() ? null : Path.of(web));
    try (HttpListener listener =
        ListenFlags.listening(
            "web.listen-address", () -> HttpListener.start(options, routes, null))) {
      started.run();
      LOG.log(Level.INFO, "{0} listens on {1}", called, listener.addresses());
      Shutdown.await();
      return 0;
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Exporter not started: {0}", IoFailures.describe(e));
      return 1;
    }
  }
}
