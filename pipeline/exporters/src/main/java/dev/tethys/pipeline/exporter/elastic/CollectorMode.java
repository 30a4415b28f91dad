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
 * Documents of the Collector's mapping modes. They go to an index that is configured, or where
 * attributes say, as the Collector's exporter routes them (its data_stream_router.go).
 *
 * @param mapping where senders ask for no other
 * @param allowed what they may ask for
 * @param logsIndex of log records and events of spans; null where attributes say it
 * @param tracesIndex of spans, as well
 * @param metricsIndex of data points, as well
 * @param ids whether an attribute of log records is their document's id
 * @param spanIds whether one of spans, and of their events, is
 * @param pipelines whether an attribute of log records names an ingest pipeline
 * @param dated names of indices with a date appended; null for none
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

  /** What documents of this mode leave out of their attributes. */
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

  /** The attribute of a scope that asks for another mode. */
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
   * @param dataset "" where it is not known to be a data stream, as {@code namespace}
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
   * Where attributes say that a document goes.
   *
   * @param type {@code logs}, {@code metrics} or {@code traces}; in {@code bodymap} an attribute
   *     says it
   * @param own of the record, which go before those of scope and resource
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

  /** What datasets of a mode end with, by which Elasticsearch's templates know them. */
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

  /**
   * Lower case, without what names of data streams may not have, and not longer than they may be.
   */
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
