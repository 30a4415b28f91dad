package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.naming.NameTemplate;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Documents of the Collector's mapping modes. They go to a configured index, or are routed by
 * attributes as in the Collector's exporter (its data_stream_router.go).
 *
 * @param mapping default mode
 * @param allowed modes that senders may request
 * @param logsIndex index for log records and span events; null to route by attributes
 * @param tracesIndex index for spans; null to route by attributes
 * @param metricsIndex index for data points; null to route by attributes
 * @param ids whether an attribute of log records is the document id
 * @param spanIds whether an attribute of spans and their events is the document id
 * @param pipelines whether an attribute of log records names an ingest pipeline
 * @param dated index names with an appended date; null if none
 */
record CollectorMode(
    Mapping mapping,
    Set<Mapping> allowed,
    @Nullable NameTemplate logsIndex,
    @Nullable NameTemplate tracesIndex,
    @Nullable NameTemplate metricsIndex,
    boolean ids,
    boolean spanIds,
    boolean pipelines,
    @Nullable DatedIndices dated) {
  static final String ID = "elasticsearch.document_id";
  static final String PIPELINE = "elasticsearch.ingest_pipeline";
  private static final String TYPE = "data_stream.type";

  /** Whether documents of this mode omit the attribute because it is used for routing. */
  static boolean isRouting(String attribute) {
    return switch (attribute) {
      case TYPE,
          DATASET,
          NAMESPACE,
          "elasticsearch.mapping.hints",
          MAPPING_MODE,
          ID,
          PIPELINE,
          INDEX ->
          true;
      default -> false;
    };
  }

  /** Scope attribute that requests another mode. */
  static final String MAPPING_MODE = "elastic.mapping.mode";

  private static final String DATASET = "data_stream.dataset";
  private static final String NAMESPACE = "data_stream.namespace";
  private static final String INDEX = "elasticsearch.index";
  private static final int MAX_BYTES = 100;
  private static final Pattern RECEIVER =
      Pattern.compile("/receiver/(\\w*receiver)", Pattern.UNICODE_CHARACTER_CLASS);

  /**
   * An index or data stream.
   *
   * @param dataset "" if it is unknown to be a data stream; likewise {@code namespace}
   */
  record DataStreamName(String index, String type, String dataset, String namespace) {
    static DataStreamName index(String name) {
      return new DataStreamName(name, "", "", "");
    }

    static DataStreamName stream(String type, String dataset, String namespace) {
      return new DataStreamName(type + "-" + dataset + "-" + namespace, type, dataset, namespace);
    }
  }

  /**
   * Routes a document by attributes.
   *
   * @param type {@code logs}, {@code metrics} or {@code traces}; in {@code bodymap} an attribute
   *     overrides it
   * @param own attributes of the record, which take precedence over those of scope and resource
   */
  static DataStreamName route(
      Mapping mapping,
      String type,
      Attributes own,
      Attributes scope,
      Attributes resource,
      String scopeName) {
    String index = first(INDEX, own, scope, resource);
    if (index != null) {
      return DataStreamName.index(index);
    }
    String asked = mapping == Mapping.BODYMAP ? first(TYPE, own, scope, resource) : null;
    String suffix = suffix(mapping);
    String dataset = first(DATASET, own, scope, resource);
    if (dataset == null) {
      Matcher m = RECEIVER.matcher(scopeName);
      dataset = m.find() ? m.group(1) : "generic";
    }
    String namespace = first(NAMESPACE, own, scope, resource);
    return DataStreamName.stream(
        asked == null ? type : asked,
        allowed(dataset, "-", MAX_BYTES - suffix.length()) + suffix,
        allowed(namespace == null ? "default" : namespace, "", MAX_BYTES));
  }

  /** Returns the dataset suffix of a mode, which selects Elasticsearch's templates. */
  static String suffix(Mapping mapping) {
    return mapping == Mapping.OTEL ? ".otel" : "";
  }

  private static @Nullable String first(String key, Attributes... all) {
    for (Attributes a : all) {
      if (a.contains(key)) {
        return ValueText.of(a.get(key));
      }
    }
    return null;
  }

  /** Lower-cases a name, replaces characters that data streams forbid, and truncates it. */
  private static String allowed(String s, String beside, int maxBytes) {
    StringBuilder sb = new StringBuilder();
    for (char c : s.toLowerCase(Locale.ROOT).toCharArray()) {
      sb.append(("\\/*?\"<>| ,#:" + beside).indexOf(c) < 0 ? c : '_');
    }
    while (sb.toString().getBytes(StandardCharsets.UTF_8).length > maxBytes) {
      sb.setLength(sb.length() - 1);
    }
    return sb.toString();
  }
}
