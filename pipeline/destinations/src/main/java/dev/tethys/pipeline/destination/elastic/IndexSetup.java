package dev.tethys.pipeline.destination.elastic;

import dev.tethys.codec.elastic.SampleDocuments;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.destination.client.HttpEndpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The index template that stands before the first document. */
final class IndexSetup {
  /** Above the templates that Elasticsearch brings for {@code metrics-*-*} and {@code logs-*-*}. */
  private static final int PRIORITY = 300;

  private final ElasticSettings settings;
  private final Signal signal;
  private final HttpEndpoint endpoint;

  IndexSetup(ElasticSettings settings, Signal signal, HttpEndpoint endpoint) {
    this.settings = settings;
    this.signal = signal;
    this.endpoint = endpoint;
  }

  private IndexName index() {
    return signal == Signal.METRICS ? settings.metricsIndex() : settings.logsIndex();
  }

  String path() {
    return "/_index_template/tethys-" + index().pattern().replaceAll("[*]", "all");
  }

  /** The template, as it is sent. */
  String template() {
    boolean metrics = signal == Signal.METRICS;
    return "{\"index_patterns\":[\""
        + index().pattern()
        + "\"],\"priority\":"
        + PRIORITY
        + (settings.dataStream() ? ",\"data_stream\":{}" : "")
        + ",\"template\":{"
        + (settings.retention().isEmpty()
            ? ""
            : "\"lifecycle\":{\"data_retention\":\"" + settings.retention() + "\"},")
        + "\"mappings\":"
        + (metrics
            ? SampleDocuments.mappings(settings.openSearch())
            : LogParcels.mappings(settings.openSearch()))
        + "}}";
  }

  /** Whether there is something to be made: Clymene's documents have no template. */
  boolean isWanted() {
    return settings.template() && !(settings.clymene() && signal == Signal.METRICS);
  }

  /**
   * Makes it, over one of the same name.
   *
   * @return what the server said if it did not, else null
   */
  HttpEndpoint.@Nullable Reply make() throws IOException, InterruptedException {
    if (!isWanted()) {
      return null;
    }
    HttpEndpoint.Reply r =
        endpoint.call(
            "PUT",
            settings.at(path()),
            Map.of("content-type", "application/json"),
            template().getBytes(StandardCharsets.UTF_8));
    return r.isOk() ? null : r;
  }
}
