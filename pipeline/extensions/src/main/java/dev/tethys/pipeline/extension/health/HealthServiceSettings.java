package dev.tethys.pipeline.extension.health;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerSettings;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of version 2.
 *
 * @param http null if none
 * @param grpc null if none; at least one of the servers is set
 * @param recovery time after which a failing exporter makes it unhealthy; null for never
 */
record HealthServiceSettings(
    @Nullable Http http, @Nullable GrpcServerSettings grpc, @Nullable Duration recovery) {
  /**
   * HTTP server settings.
   *
   * @param status path of the status; null if none
   */
  record Http(HttpServerSettings server, @Nullable String status) {}

  /** Keys of version 2, in the section shared with version 1. */
  static final class Keys {
    private static final Section STATUS = new Section("status", "Status of pipelines, as JSON.");
    private static final Key<Boolean> STATUS_ENABLED =
        STATUS.key("enabled", Type.BOOL, true, "Enables the status endpoint.");
    private static final Key<String> STATUS_PATH =
        STATUS.key("path", Type.STRING, "/status", "Path of the status endpoint.");
    private static final Section CONFIG =
        new Section("config", "Endpoint that serves the configuration.");
    private static final Key<Boolean> CONFIG_ENABLED =
        CONFIG.key("enabled", Type.BOOL, false, "Only false is accepted.");
    private static final Key<String> CONFIG_PATH =
        CONFIG.key("path", Type.STRING, "/config", "No effect, since enabled must be false.");
    private static final Section HTTP =
        new Section("http", "HTTP service of the second version of the extension.");
    private static final HttpServerSettings.Keys SERVER =
        new HttpServerSettings.Keys(HTTP, "localhost:13133");
    private static final Key<String> HTTP_STATUS =
        HTTP.key(
            "status", STATUS.type(Keys::path), "/status", "Endpoint with the status of pipelines.");
    private static final Key<Boolean> HTTP_CONFIG =
        HTTP.key(
            "config",
            CONFIG.type(Keys::config),
            false,
            "Endpoint that serves the configuration, which must be disabled.");
    private static final Section COMPONENTS =
        new Section("component_health", "Component errors that make the process unhealthy.");
    private static final Key<Boolean> PERMANENT =
        COMPONENTS.key(
            "include_permanent_errors",
            Type.BOOL,
            false,
            "Accepted: here a component with a permanent error aborts a start or a " + "reload.");
    private static final Key<Boolean> RECOVERABLE =
        COMPONENTS.key(
            "include_recoverable_errors",
            Type.BOOL,
            false,
            "If true, an exporter whose destination rejects data makes the process "
                + "unhealthy.");
    private static final Key<Duration> RECOVERY =
        COMPONENTS.key(
            "recovery_duration",
            GoDurations.TYPE,
            Duration.ofMinutes(5),
            "Duration after which a recoverable error makes the process unhealthy.");

    private final Key<Http> http;
    private final Key<GrpcServerSettings> grpc;
    private final Key<YamlObject> components;

    Keys(Section s) {
      http = s.optional("http", HTTP.type(Keys::http), "HTTP service; requires use_v2.");
      grpc =
          s.optional(
              "grpc",
              GrpcServerSettings.type("localhost:13132"),
              "gRPC service grpc.health.v1.Health; requires use_v2.");
      components =
          s.optional(
              "component_health",
              COMPONENTS.type(o -> o),
              "Component errors that make the process unhealthy; requires use_v2.");
    }

    private static String path(YamlObject o) {
      if (!o.get(STATUS_PATH).startsWith("/")) {
        throw o.error(STATUS_PATH, "path must begin with a slash");
      }
      return o.get(STATUS_ENABLED) ? o.get(STATUS_PATH) : "";
    }

    private static boolean config(YamlObject o) {
      o.get(CONFIG_PATH);
      if (o.get(CONFIG_ENABLED)) {
        throw o.error(
            CONFIG_ENABLED,
            "the configuration contains secrets and is not served over HTTP; use print-config");
      }
      return false;
    }

    private static Http http(YamlObject o) {
      o.get(HTTP_CONFIG);
      String status = o.get(HTTP_STATUS);
      return new Http(SERVER.read(o), status.isEmpty() ? null : status);
    }

    /** Returns null if the key is absent; the default if it has no value. */
    private static <T> @Nullable T readOrDefault(YamlObject o, Key<T> key) {
      YamlNode at = o.at(key);
      return at == null ? null : key.type().read(at);
    }

    /** Reads them; returns null if the first version holds. */
    @Nullable HealthServiceSettings read(YamlObject o, boolean second) {
      Http h = readOrDefault(o, http);
      GrpcServerSettings g = readOrDefault(o, grpc);
      YamlObject c = o.find(components);
      if (!second) {
        for (Key<?> k : List.of(http, grpc, components)) {
          if (o.has(k)) {
            throw o.error(k, k.name() + " is only valid with use_v2: true");
          }
        }
        return null;
      }
      if (h == null && g == null) {
        throw o.error("use_v2 requires one of http and grpc");
      }
      if (c != null) {
        c.get(PERMANENT);
      }
      return new HealthServiceSettings(
          h, g, c != null && c.get(RECOVERABLE) ? c.get(RECOVERY) : null);
    }
  }
}
