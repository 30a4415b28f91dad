package dev.tethys.pipeline.exporter.influx;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.influx.InfluxResponse;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.SendResult;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Databases of version 1 and buckets of version 2, created if {@code create_schema} is set; in
 * version 3 the first write creates the database.
 */
final class InfluxSchema {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BUCKETS = "/api/v2/buckets";
  private static final Map<String, String> SENT = Map.of("content-type", "application/json");

  private final InfluxSettings settings;
  private final HttpEndpoint endpoint;

  InfluxSchema(InfluxSettings settings, HttpEndpoint endpoint) {
    this.settings = settings;
    this.endpoint = endpoint;
  }

  private static String quoted(String name) {
    return '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  private static String create(String database) {
    return "CREATE DATABASE " + quoted(database);
  }

  /** Returns the displayed statement that creates a missing database or bucket. */
  String statement(String name) {
    return switch (settings.version()) {
      case V1 -> create(name);
      case V2 -> "bucket " + name + " of " + settings.org() + ", which keeps everything";
      case V3 -> "database " + name + ", by the first write";
    };
  }

  /** Whether a missing database or bucket is created when the exporter writes. */
  boolean isMade() {
    return settings.createSchema() || settings.version() == InfluxSettings.Version.V3;
  }

  /** Whether the database or bucket exists and is visible to the user. */
  boolean isThere(String name) throws IOException, InterruptedException {
    if (settings.version() != InfluxSettings.Version.V2) {
      return databases().contains(name);
    }
    HttpEndpoint.Reply r =
        endpoint.call(
            "GET",
            settings.at(BUCKETS + "?org=" + encoded(settings.org()) + "&name=" + encoded(name)),
            Map.of(),
            null);
    if (r.status() == 404) {
      return false;
    }
    return !json(BUCKETS, r).path("buckets").isEmpty();
  }

  private static JsonNode json(String path, HttpEndpoint.Reply r) throws IOException {
    if (!r.isOk()) {
      throw new IOException(path + ": " + r.reason());
    }
    try {
      return JSON.readTree(r.body());
    } catch (JacksonException e) {
      throw new IOException(path + " returned invalid JSON: " + JsonFailures.describe(e), e);
    }
  }

  private List<String> databases() throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        endpoint.call("GET", settings.queryUrl("", "SHOW DATABASES"), Map.of(), null);
    if (!r.isOk()) {
      throw new IOException("/query: " + r.reason());
    }
    List<String> out = new ArrayList<>();
    try {
      InfluxResponse.read(
          new ByteArrayInputStream(r.body()),
          new InfluxResponse.Rows() {
            private int column;

            @Override
            public void series(String name, Map<String, String> tags, List<String> columns) {
              // version 3 also has columns that say whether it was deleted
              column = Math.max(0, columns.indexOf("name"));
            }

            @Override
            public void row(@Nullable String[] values) {
              String v = column < values.length ? values[column] : null;
              if (v != null) {
                out.add(v);
              }
            }
          });
    } catch (CodecException e) {
      throw new IOException("/query: " + e.getMessage(), e);
    }
    return out;
  }

  /**
   * Creates a database or bucket; one created by another process meanwhile stays unchanged.
   *
   * @return the action for the request that did not find it
   */
  SendResult make(String name) throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        settings.version() == InfluxSettings.Version.V1
            ? endpoint.call("POST", settings.queryUrl("", create(name)), Map.of(), null)
            : bucket(name);
    String refusal = refusal(r);
    return new SendResult.Retryable(
        Duration.ZERO,
        false,
        refusal.isEmpty()
            ? "made: " + statement(name)
            : "not made: " + statement(name) + ": " + refusal);
  }

  /** Returns the reason why nothing was created: version 1 reports errors with status 200. */
  private String refusal(HttpEndpoint.Reply r) {
    if (!r.isOk()) {
      return r.status() == 422 ? "" : r.reason();
    }
    if (settings.version() != InfluxSettings.Version.V1) {
      return "";
    }
    try {
      InfluxResponse.read(new ByteArrayInputStream(r.body()), new NoRows());
      return "";
    } catch (CodecException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Ignores rows: the statement returns none. */
  private static final class NoRows implements InfluxResponse.Rows {
    @Override
    public void series(String name, Map<String, String> tags, List<String> columns) {}

    @Override
    public void row(@Nullable String[] values) {}
  }

  private HttpEndpoint.Reply bucket(String name) throws IOException, InterruptedException {
    HttpEndpoint.Reply orgs =
        endpoint.call(
            "GET", settings.at("/api/v2/orgs?org=" + encoded(settings.org())), Map.of(), null);
    if (!orgs.isOk()) {
      return orgs;
    }
    String id = json("/api/v2/orgs", orgs).path("orgs").path(0).path("id").asString("");
    Map<String, Object> bucket = new TreeMap<>();
    bucket.put("orgID", id);
    bucket.put("name", name);
    bucket.put("retentionRules", List.of());
    return endpoint.call("POST", settings.at(BUCKETS), SENT, JSON.writeValueAsBytes(bucket));
  }
}
