package dev.tethys.pipeline.extension;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.GoJson;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** {@code health_check}: says over HTTP whether the graph takes telemetry. */
public final class HealthCheck implements ExtensionFactory<HealthCheck.Settings> {
  /** The settings; empty bodies stand for the usual answers. */
  public record Settings(String endpoint, String path, String healthy, String unhealthy) {}

  private static final Section BODY = new Section("response_body", "Other answers.");
  private static final Key<String> HEALTHY =
      BODY.key("healthy", Type.STRING, "", "While telemetry is taken.");
  private static final Key<String> UNHEALTHY =
      BODY.key("unhealthy", Type.STRING, "", "Before and after.");
  private static final Section CHECK =
      new Section("check_collector_pipeline", "Whether exporters failed of late.");
  private static final Key<Boolean> CHECKED =
      CHECK.key("enabled", Type.BOOL, false, "Only false is taken.");
  private static final Key<Duration> CHECK_INTERVAL =
      CHECK.key("interval", GoDurations.TYPE, Duration.ofMinutes(5), "Of no effect then.");
  private static final Key<Long> CHECK_THRESHOLD =
      CHECK.key("exporter_failure_threshold", Type.INT, 5L, "Of no effect then.");
  private static final Section SECTION = new Section("health_check", "Says whether all is well.");
  private static final Key<String> ENDPOINT =
      SECTION.key("endpoint", Type.STRING, "localhost:13133", "Address to listen on.");
  private static final Key<String> PATH =
      SECTION.key("path", Type.STRING, "/", "Path that is answered.");
  private static final Key<String[]> RESPONSE_BODY =
      SECTION.key(
          "response_body",
          BODY.type(o -> new String[] {o.get(HEALTHY), o.get(UNHEALTHY)}),
          new String[] {"", ""},
          "Other answers.");

  private static final Key<Boolean> CHECK_PIPELINE =
      SECTION.key(
          "check_collector_pipeline", CHECK.type(HealthCheck::check), false, "Only not enabled.");

  static {
    SECTION
        .notBuilt("tls", "TLS.")
        .notBuilt("cors", "CORS.")
        .notBuilt("auth", "Authentication.")
        .notBuilt("response_headers", "Headers.")
        .notBuilt("http", "The second version's server.")
        .notBuilt("grpc", "The second version's gRPC service.")
        .notBuilt("component_health", "The second version's rules.");
  }

  @Override
  public String type() {
    return "health_check";
  }

  @Override
  public String about() {
    return "Says over HTTP whether the graph takes telemetry.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(HealthCheck::read);
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
    String path = o.get(PATH);
    if (!path.startsWith("/")) {
      throw o.error(PATH, "path wants a slash first");
    }
    String[] bodies = o.get(RESPONSE_BODY);
    return new Settings(o.get(ENDPOINT), path, bodies[0], bodies[1]);
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(settings, context);
  }

  private static final class Running implements Extension, PipelineWatcher {
    private final Settings settings;
    private final Context context;
    private volatile @Nullable Instant upSince;
    private @Nullable HttpListener listener;

    Running(Settings settings, Context context) {
      this.settings = settings;
      this.context = context;
    }

    @Override
    public void start() throws IOException {
      try {
        listener =
            HttpListener.start(
                HttpListenerOptions.on(settings.endpoint).withStopGrace(Duration.ofSeconds(1)),
                new Routes().get(settings.path, this::answer),
                null);
      } catch (IllegalArgumentException e) {
        throw new IOException(e.getMessage(), e);
      }
    }

    private void answer(HttpRequest q, HttpResponse r) throws IOException {
      Instant since = upSince;
      String custom = since == null ? settings.unhealthy : settings.healthy;
      r.status(since == null ? 503 : 200);
      if (!custom.isEmpty()) {
        r.send(custom);
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
              : Duration.between(since, Instant.ofEpochMilli(context.clock().millis()));
      GoJson.append(sb, since == null ? "" : GoDurationText.of(up.toNanos()));
      r.send("application/json", sb.append("}\n").toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void ready() {
      if (upSince == null) {
        upSince = Instant.ofEpochMilli(context.clock().millis());
      }
    }

    @Override
    public void notReady() {
      upSince = null;
    }

    @Override
    public void stop(Duration patience) {
      if (listener != null) {
        listener.close();
      }
    }
  }
}
