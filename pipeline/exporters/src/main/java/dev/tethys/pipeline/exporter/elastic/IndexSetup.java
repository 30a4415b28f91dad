package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.elastic.SampleDocuments;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.naming.NameTemplate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Installs index templates before the first document: one, or two with an index for late samples.
 */
final class IndexSetup {
  /** Above the templates that Elasticsearch brings for {@code metrics-*-*} and {@code logs-*-*}. */
  private static final int PRIORITY = 300;

  private final ElasticSettings settings;
  private final Signal signal;
  private final Servers servers;
  private final System.Logger log;

  IndexSetup(ElasticSettings settings, Signal signal, Servers servers, System.Logger log) {
    this.log = log;
    this.settings = settings;
    this.signal = signal;
    this.servers = servers;
  }

  private NameTemplate index() {
    return settings.index(signal);
  }

  /** Template or policy as sent to the server. */
  record Template(String path, String text) {}

  /** Templates and policies to install, in order. */
  List<Template> templates() {
    TimeSeriesMode mode = signal == Signal.METRICS ? settings.timeSeries() : null;
    List<Template> out = new ArrayList<>();
    IndexPolicy policy = settings.policy();
    if (policy != null) {
      out.add(
          settings.openSearch()
              ? new Template(
                  "/_plugins/_ism/policies/" + name(index()),
                  policy.ofOpenSearch(index().pattern(), PRIORITY))
              : new Template("/_ilm/policy/" + name(index()), policy.ofElasticsearch()));
    }
    out.add(template(index(), mode));
    if (mode != null && mode.late() != null) {
      out.add(template(mode.late(), null));
    }
    return out;
  }

  private Template template(NameTemplate of, @Nullable TimeSeriesMode mode) {
    return new Template("/_index_template/" + name(of), text(of, mode));
  }

  private static String name(NameTemplate of) {
    return "tethys-" + of.pattern().replaceAll("[*]", "all");
  }

  /** Settings of an index, including late samples, which have the same retention. */
  private String settings(@Nullable TimeSeriesMode mode) {
    List<String> all = new ArrayList<>();
    if (mode != null) {
      all.add(mode.settings());
    }
    if (settings.policy() != null && !settings.openSearch()) {
      all.add("\"index.lifecycle.name\":\"" + name(index()) + "\"");
    }
    return all.isEmpty() ? "" : "\"settings\":{" + String.join(",", all) + "},";
  }

  private String text(NameTemplate of, @Nullable TimeSeriesMode mode) {
    return "{\"index_patterns\":[\""
        + of.pattern()
        + "\"],\"priority\":"
        + PRIORITY
        + (settings.dataStream() ? ",\"data_stream\":{}" : "")
        + ",\"template\":{"
        + settings(mode)
        + lifecycle(mode)
        + "\"mappings\":"
        + mappings(mode)
        + "}}";
  }

  private String mappings(@Nullable TimeSeriesMode mode) {
    return switch (signal) {
      case LOGS -> LogRequestEncoder.mappings(settings.openSearch());
      case TRACES -> SpanRequestEncoder.mappings(settings.openSearch());
      default ->
          mode == null
              ? SampleDocuments.mappings(settings.openSearch())
              : SampleDocuments.timeSeriesMappings();
    };
  }

  private String lifecycle(@Nullable TimeSeriesMode mode) {
    if (mode != null) {
      return mode.lifecycle(settings.retention());
    }
    return settings.retention().isEmpty()
        ? ""
        : "\"lifecycle\":{\"data_retention\":\"" + settings.retention() + "\"},";
  }

  /**
   * Whether there is anything to install: Clymene's documents have no templates, and mapping modes
   * use the server's.
   */
  boolean isWanted() {
    return settings.template()
        && settings.collector() == null
        && settings.schema(signal) == null
        && !(settings.clymene() && signal == Signal.METRICS);
  }

  /**
   * Installs them, replacing existing ones.
   *
   * @return the server's rejection, or null on success
   */
  HttpEndpoint.@Nullable Reply make() throws IOException, InterruptedException {
    if (settings.clymene() && signal == Signal.METRICS && index().isFixed()) {
      new ClymeneIndex(index().pattern(), servers, log).prepare();
    }
    if (!isWanted()) {
      return null;
    }
    for (Template t : templates()) {
      HttpEndpoint.Reply r =
          servers.call(
              "PUT",
              t.path,
              Map.of("content-type", "application/json"),
              t.text.getBytes(StandardCharsets.UTF_8));
      // An existing OpenSearch policy is kept: a user may have changed it.
      boolean stays = r.status() == 409 && t.path.startsWith("/_plugins/_ism/");
      if (!r.isOk() && !stays) {
        return r;
      }
    }
    return null;
  }
}
