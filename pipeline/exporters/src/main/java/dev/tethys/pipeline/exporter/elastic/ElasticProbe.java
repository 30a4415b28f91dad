package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.config.Redaction;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.ItemProbe;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Tries a server: a sample or line of {@code tethys_probe} is written and searched for. */
final class ElasticProbe implements ExporterProbe {
  private static final System.Logger LOG = JulLogger.of(ElasticProbe.class.getName());

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, String> TYPE = Map.of("content-type", "application/json");

  private final ElasticSettings settings;
  private final HttpEndpoint endpoint;
  private final Servers servers;
  private final IndexSetup setup;
  private final @Nullable ItemProbe record;

  /**
   * @param signal signal whose templates are shown
   * @param record writes a log record; null if a sample is written
   */
  ElasticProbe(
      ElasticSettings settings,
      Signal signal,
      HttpEndpoint endpoint,
      Servers servers,
      @Nullable ItemProbe record) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.servers = servers;
    this.setup = new IndexSetup(settings, signal, servers, LOG);
    this.record = record;
  }

  private JsonNode call(String path, String body) throws IOException, InterruptedException {
    return call(servers, path, body);
  }

  private static JsonNode call(Servers servers, String path, String body)
      throws IOException, InterruptedException {
    return read(path, servers.call("POST", path, TYPE, body.getBytes(StandardCharsets.UTF_8)));
  }

  private static JsonNode read(String url, HttpEndpoint.Reply r) throws IOException {
    if (!r.isOk()) {
      throw new IOException(url + ": " + r.reason());
    }
    try {
      return JSON.readTree(r.body());
    } catch (JacksonException e) {
      throw new IOException(url + " returned invalid JSON: " + JsonFailures.describe(e), e);
    }
  }

  /** Contacts every server. One response is enough, because the others are skipped. */
  @Override
  public String connect() throws IOException, InterruptedException {
    String cluster = "";
    StringBuilder silent = new StringBuilder();
    IOException failed = null;
    for (int i = 0; i < settings.bases().size(); i++) {
      URI url = settings.at(i, "/_cluster/health");
      try {
        JsonNode health = read(Redaction.url(url), endpoint.call("GET", url, TYPE, null));
        cluster =
            health.path("cluster_name").asString("?")
                + " is "
                + health.path("status").asString("?");
      } catch (IOException e) {
        failed = e;
        silent.append("; ").append(Redaction.url(settings.at(i, ""))).append(" does not answer: ");
        silent.append(e.getMessage());
      }
    }
    if (cluster.isEmpty() && failed != null) {
      throw settings.bases().size() == 1 ? failed : new IOException(silent.substring(2), failed);
    }
    return (settings.openSearch() ? "OpenSearch" : "Elasticsearch")
        + ", cluster "
        + cluster
        + silent
        + (settings.bulk().discovers() ? "; discover " + servers.find() : "");
  }

  /**
   * Looks for a document by its id.
   *
   * @param written its two lines of the bulk request
   */
  static String found(String written, double value, Servers servers)
      throws IOException, InterruptedException {
    JsonNode action;
    try {
      action = JSON.readTree(written.substring(0, written.indexOf('\n'))).iterator().next();
    } catch (JacksonException e) {
      throw new IOException("a bulk request does not begin with a document: " + written, e);
    }
    String index = action.path("_index").asString("");
    String id = action.path("_id").asString("");
    call(servers, "/" + index + "/_refresh", "");
    JsonNode hits =
        call(
            servers,
            "/" + index + "/_search",
            "{\"query\":{\"ids\":{\"values\":[\"" + id + "\"]}}}");
    String source = hits.at("/hits/hits/0/_source").toString();
    if (!source.contains(ItemProbe.line(value))) {
      throw new IOException(
          "wrote " + ItemProbe.line(value) + " into " + index + " and found " + hits.path("hits"));
    }
    return index + " and found it";
  }

  @Override
  public List<String> plan() {
    return setup.isWanted()
        ? setup.templates().stream().map(t -> "PUT " + t.path() + " " + t.text()).toList()
        : List.of();
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    if (record != null) {
      return record.write(seconds, value);
    }
    HttpEndpoint.Reply made = setup.make();
    if (made != null) {
      throw new IOException("index template: " + made.reason());
    }
    SampleWriter w =
        new SampleWriter(settings.metricsIndex()::of, settings.clymene(), settings.timeSeries());
    w.series(Labels.of(Labels.METRIC_NAME, ItemProbe.NAME));
    w.sample(seconds * 1000, value);
    String index =
        settings.metricsIndex().of(l -> l.equals(Labels.METRIC_NAME) ? ItemProbe.NAME : "");
    JsonNode answer = call("/_bulk?refresh=true", new String(w.take(), StandardCharsets.UTF_8));
    if (answer.path("errors").asBoolean(false)) {
      throw new IOException("the document was rejected: " + answer.path("items"));
    }
    String name = settings.clymene() ? "__name__" : "metric";
    String time =
        settings.clymene()
            ? "\"sort\":[{\"timestamp\":{\"order\":\"desc\"}}],"
            : "\"sort\":[{\"@timestamp\":{\"order\":\"desc\"}}],";
    JsonNode found =
        call(
            "/" + index + "/_search",
            "{\"size\":1,"
                + time
                + "\"query\":{\"match\":{\""
                + name
                + "\":\""
                + ItemProbe.NAME
                + "\"}}}");
    double read = found.at("/hits/hits/0/_source/value").asDouble(Double.NaN);
    if (read != value) {
      throw new IOException("wrote " + value + " and found " + found.path("hits"));
    }
    return "wrote " + ItemProbe.NAME + " = " + value + " into " + index + " and found it";
  }
}
