package dev.tethys.pipeline.destination.elastic;

import dev.tethys.model.Labels;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.DestinationProbe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Tries a server: a sample of {@code tethys_probe} is written and searched for. */
final class ElasticProbe implements DestinationProbe {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PROBE = "tethys_probe";

  private final ElasticSettings settings;
  private final HttpEndpoint endpoint;
  private final IndexSetup setup;
  private final Map<String, String> json;

  ElasticProbe(ElasticSettings settings, HttpEndpoint endpoint, Map<String, String> json) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.setup = new IndexSetup(settings, Signal.METRICS, endpoint);
    this.json = json;
  }

  private JsonNode call(String method, String path, String body)
      throws IOException, InterruptedException {
    HttpEndpoint.Reply r =
        endpoint.call(
            method,
            settings.at(path),
            json,
            body.isEmpty() ? null : body.getBytes(StandardCharsets.UTF_8));
    if (!r.isOk()) {
      throw new IOException(settings.at(path) + ": " + r.reason());
    }
    try {
      return JSON.readTree(r.body());
    } catch (JacksonException e) {
      throw new IOException(settings.at(path) + " gives no JSON: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public String connect() throws IOException, InterruptedException {
    JsonNode health = call("GET", "/_cluster/health", "");
    return (settings.openSearch() ? "OpenSearch" : "Elasticsearch")
        + ", cluster "
        + health.path("cluster_name").asString("?")
        + " is "
        + health.path("status").asString("?");
  }

  @Override
  public List<String> plan() {
    return setup.isWanted()
        ? setup.templates().stream().map(t -> "PUT " + t.path() + " " + t.text()).toList()
        : List.of();
  }

  @Override
  public String write(long seconds, double value) throws IOException, InterruptedException {
    HttpEndpoint.Reply made = setup.make();
    if (made != null) {
      throw new IOException("index template: " + made.reason());
    }
    SampleWriter w =
        new SampleWriter(settings.metricsIndex()::of, settings.clymene(), settings.timeSeries());
    w.series(Labels.of(Labels.METRIC_NAME, PROBE));
    w.sample(seconds * 1000, value);
    String index = settings.metricsIndex().of(l -> l.equals(Labels.METRIC_NAME) ? PROBE : "");
    JsonNode answer =
        call("POST", "/_bulk?refresh=true", new String(w.take(), StandardCharsets.UTF_8));
    if (answer.path("errors").asBoolean(false)) {
      throw new IOException("the document was refused: " + answer.path("items"));
    }
    String name = settings.clymene() ? "__name__" : "metric";
    String time =
        settings.clymene()
            ? "\"sort\":[{\"timestamp\":{\"order\":\"desc\"}}],"
            : "\"sort\":[{\"@timestamp\":{\"order\":\"desc\"}}],";
    JsonNode found =
        call(
            "POST",
            "/" + index + "/_search",
            "{\"size\":1," + time + "\"query\":{\"match\":{\"" + name + "\":\"" + PROBE + "\"}}}");
    double read = found.at("/hits/hits/0/_source/value").asDouble(Double.NaN);
    if (read != value) {
      throw new IOException("wrote " + value + " and found " + found.path("hits"));
    }
    return "wrote " + PROBE + " = " + value + " into " + index + " and found it";
  }
}
