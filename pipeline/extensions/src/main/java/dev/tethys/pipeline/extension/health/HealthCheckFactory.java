package dev.tethys.pipeline.extension.health;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.GoJson;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.ServedExtension;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code health_check} and {@code healthcheckv2}: reports over HTTP whether the graph accepts
 * telemetry, or, with {@code use_v2}, the status of its pipelines over HTTP and gRPC.
 */
public final class HealthCheckFactory implements ExtensionFactory<HealthCheckFactory.Settings> {
  /**
   * Settings.
   *
   * @param path endpoint path; with a trailing slash, all paths below it are served
   * @param bodies null for the default responses
   * @param second settings of version 2, which replace all others; null for version 1
   */
  public record Settings(
      HttpServerSettings http,
      String path,
      @Nullable Bodies bodies,
      @Nullable HealthServiceSettings second) {}

  /** Response bodies. */
  record Bodies(String healthy, String unhealthy) {}

  private static final Section BODY = new Section("response_body", "Bodies of the responses.");
  private static final Key<String> HEALTHY =
      BODY.key("healthy", Type.STRING, "", "Response body while telemetry is accepted.");
  private static final Key<String> UNHEALTHY =
      BODY.key("unhealthy", Type.STRING, "", "Response body during start and stop.");
  private static final Section CHECK =
      new Section("check_collector_pipeline", "Health check of recent exporter failures.");
  private static final Key<Boolean> CHECKED =
      CHECK.key("enabled", Type.BOOL, false, "Only false is accepted.");
  private static final Key<Duration> CHECK_INTERVAL =
      CHECK.key(
          "interval",
          GoDurations.TYPE,
          Duration.ofMinutes(5),
          "No effect, since enabled must be false.");
  private static final Key<Long> CHECK_THRESHOLD =
      CHECK.key(
          "exporter_failure_threshold", Type.INT, 5L, "No effect, since enabled must be false.");
  private static final Section SECTION =
      new Section("health_check", "HTTP endpoint that reports the health of the process.");
  private static final HttpServerSettings.Keys SERVER =
      new HttpServerSettings.Keys(SECTION, "localhost:13133");
  private static final Key<String> PATH =
      SECTION.key("path", Type.STRING, "/", "URL path of the health check.");
  private static final Key<Bodies> RESPONSE_BODY =
      SECTION.optional(
          "response_body",
          BODY.type(o -> new Bodies(o.get(HEALTHY), o.get(UNHEALTHY))),
          "Bodies of the responses.");
  private static final Key<Boolean> CHECK_PIPELINE =
      SECTION.key(
          "check_collector_pipeline",
          CHECK.type(HealthCheckFactory::check),
          false,
          "Health check of recent exporter failures, which must be disabled.");
  private static final Key<Boolean> USE_V2 =
      SECTION.key("use_v2", Type.BOOL, false, "If true, only http and grpc apply.");
  private static final HealthServiceSettings.Keys SECOND = new HealthServiceSettings.Keys(SECTION);

  /** Keys that are valid only without use_v2. */
  private static final List<String> FIRST_ALONE =
      List.of("endpoint", "path", "response_body", "tls", "auth", "cors", "response_headers");

  private final String type;

  private HealthCheckFactory(String type) {
    this.type = type;
  }

  /** Creates {@code health_check}. */
  public HealthCheckFactory() {
    this("health_check");
  }

  /** Creates the same extension under its former name. */
  public static HealthCheckFactory second() {
    return new HealthCheckFactory("healthcheckv2");
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public String about() {
    return "Serves the health of the graph, or with use_v2 of each pipeline.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(HealthCheckFactory::read);
  }

  private static boolean check(YamlObject o) {
    if (o.get(CHECKED)) {
      throw o.error(
          CHECKED,
          "exporters are not counted here, in newer Collectors neither; alert on"
              + " otelcol_exporter_send_failed_* of the metrics, and write enabled: false");
    }
    o.get(CHECK_INTERVAL);
    o.get(CHECK_THRESHOLD);
    return false;
  }

  private static Settings read(YamlObject o) {
    o.get(CHECK_PIPELINE);
    HealthServiceSettings second = SECOND.read(o, o.get(USE_V2));
    if (second != null) {
      Map<String, YamlNode.Entry> written = o.node().entries();
      for (String key : FIRST_ALONE) {
        YamlNode.Entry e = written.get(key);
        if (e != null) {
          throw e.key()
              .error("\"" + key + "\" is only valid without use_v2; use http and grpc instead");
        }
      }
    }
    String path = o.get(PATH);
    if (!path.startsWith("/")) {
      throw o.error(PATH, "path must begin with a slash");
    }
    return new Settings(SERVER.read(o), path, o.find(RESPONSE_BODY), second);
  }

  @Override
  public Extension create(Settings s, Context context) {
    return s.second == null
        ? new Running(s, Authenticators.find(s.http.auth(), context), context.clock())
        : new HealthService(s.second, context);
  }

  static final class Running extends ServedExtension implements PipelineWatcher {
    private final @Nullable Bodies bodies;
    private final Scheduler clock;
    private volatile @Nullable Instant upSince;

    Running(Settings s, @Nullable ServerAuth auth, Scheduler clock) {
      super(s.http, auth, clock);
      this.bodies = s.bodies;
      this.clock = clock;
      endpoint().any(s.path, this::answer);
      if (s.path.endsWith("/")) {
        endpoint().any(s.path + "{below...}", this::answer);
      }
    }

    private void answer(HttpRequest q, HttpResponse r) throws IOException {
      Instant since = upSince;
      r.status(since == null ? 503 : 200);
      if (bodies != null) {
        r.send(since == null ? bodies.unhealthy : bodies.healthy);
        return;
      }
      StringBuilder sb = new StringBuilder("{\"status\":");
      GoJson.append(sb, since == null ? "Server not available" : "Server available");
      sb.append(",\"upSince\":");
      GoJson.append(sb, since == null ? "0001-01-01T00:00:00Z" : since.toString());
      sb.append(",\"uptime\":");
      Duration up =
          since == null
              ? Duration.ZERO
              : Duration.between(since, Instant.ofEpochMilli(clock.millis()));
      GoJson.append(sb, since == null ? "" : GoDurationText.of(up.toNanos()));
      r.send("application/json", sb.append("}\n").toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void ready() {
      if (upSince == null) {
        upSince = Instant.ofEpochMilli(clock.millis());
      }
    }

    @Override
    public void notReady() {
      upSince = null;
    }
  }
}
