package dev.tethys.pipeline.destination.elastic;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.naming.NameTemplate;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where documents of the mapping mode {@code otel} go: to an index that is configured, or where
 * attributes say, as the Collector's exporter routes them (its data_stream_router.go).
 *
 * @param logsIndex of log records and events of spans; null where attributes say it
 * @param tracesIndex of spans, as well
 */
record OtelMode(@Nullable NameTemplate logsIndex, @Nullable NameTemplate tracesIndex) {
  /** What documents of this mode leave out of their attributes. */
  static boolean isRouting(String attribute) {
    return switch (attribute) {
      case "data_stream.type",
          DATASET,
          NAMESPACE,
          "elasticsearch.mapping.hints",
          MAPPING_MODE,
          "elasticsearch.document_id",
          "elasticsearch.ingest_pipeline",
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
  private static final String SUFFIX = ".otel";
  private static final int MAX_BYTES = 100;
  private static final Pattern RECEIVER =
      Pattern.compile("/receiver/(\\w*receiver)", Pattern.UNICODE_CHARACTER_CLASS);

  /**
   * An index or data stream.
   *
   * @param dataset "" where it is not known to be a data stream, as {@code namespace}
   */
  record Place(String index, String type, String dataset, String namespace) {
    static Place index(String name) {
      return new Place(name, "", "", "");
    }

    static Place stream(String type, String dataset, String namespace) {
      return new Place(type + "-" + dataset + "-" + namespace, type, dataset, namespace);
    }
  }

  /**
   * Where attributes say that a document goes.
   *
   * @param type {@code logs} or {@code traces}
   * @param own of the record, which go before those of scope and resource
   */
  static Place route(
      String type, Attributes own, Attributes scope, Attributes resource, String scopeName) {
    String index = first(INDEX, own, scope, resource);
    if (index != null) {
      return Place.index(index);
    }
    String dataset = first(DATASET, own, scope, resource);
    if (dataset == null) {
      Matcher m = RECEIVER.matcher(scopeName);
      dataset = m.find() ? m.group(1) : "generic";
    }
    String namespace = first(NAMESPACE, own, scope, resource);
    return Place.stream(
        type,
        allowed(dataset, "-", MAX_BYTES - SUFFIX.length()) + SUFFIX,
        allowed(namespace == null ? "default" : namespace, "", MAX_BYTES));
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
