package dev.tethys.pipeline.exporter.datadog;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.GoJson;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.client.HttpEndpoint;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reports the host of this process to Datadog while one of its exporters runs, with the fields of
 * the Collector's exporter. A failed report is logged and repeated after a pause.
 */
final class HostReporter {
  private static final Duration RETRY = Duration.ofMinutes(1);

  private final URI url;
  private final HttpEndpoint endpoint;
  private final HostMetadata settings;
  private final String hostname;
  private final String version;
  private final Scheduler clock;
  private final System.Logger log;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  private long run; // number of the current sequence of reports

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  /**
   * @param hostname "" for the system's host name
   */
  HostReporter(
      URI url,
      HttpEndpoint endpoint,
      HostMetadata settings,
      String hostname,
      String version,
      Scheduler clock,
      System.Logger log) {
    this.url = url;
    this.endpoint = endpoint;
    this.settings = settings;
    this.hostname = hostname;
    this.version = version;
    this.clock = clock;
    this.log = log;
  }

  /** Starts to report with its first user. */
  synchronized void start() {
    if (users++ == 0) {
      report(++run);
    }
  }

  /** Ends with its last user. */
  synchronized void stop() {
    if (users > 0 && --users == 0) {
      run++;
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
    }
  }

  private synchronized void report(long of) {
    if (of == run) {
      clock.execute("datadog host", () -> send(of));
    }
  }

  private void send(long of) {
    Duration next = RETRY;
    try {
      HttpEndpoint.Reply r =
          endpoint.call(
              "POST",
              url,
              Map.of("Content-Type", "application/json"),
              payload().getBytes(StandardCharsets.UTF_8));
      if (r.isOk()) {
        next = settings.period();
      } else {
        log.log(Level.WARNING, "Host not reported url={0} reason=\"{1}\"", url, r.reason());
      }
    } catch (IOException e) {
      log.log(Level.WARNING, "Host not reported url={0} reason=\"{1}\"", url, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    synchronized (this) {
      if (of == run) {
        timer = clock.schedule(next, () -> report(of));
      }
    }
  }

  private String payload() {
    String system = system();
    String name = hostname.isEmpty() ? system : hostname;
    StringBuilder sb = new StringBuilder("{\"meta\":{\"hostname\":");
    GoJson.append(sb, name).append(",\"socket-hostname\":");
    GoJson.append(sb, system).append("},\"internalHostname\":");
    GoJson.append(sb, name).append(",\"otel_version\":");
    GoJson.append(sb, version).append(",\"agent-flavor\":\"otelcol-contrib\",\"host-tags\":{");
    for (int i = 0; i < settings.tags().size(); i++) {
      GoJson.append(sb.append(i == 0 ? "\"otel\":[" : ","), settings.tags().get(i));
    }
    return sb.append(settings.tags().isEmpty() ? "}}" : "]}}").toString();
  }

  private static String system() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "localhost";
    }
  }
}
