package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.naming.NameTemplate;
import org.jspecify.annotations.Nullable;

/**
 * Documents of the Simple Schema for Observability, which OpenSearch's dashboards read, in indices
 * named as by the Collector's exporter (its index_resolver.go).
 *
 * @param dataset source recorded in documents, like {@code namespace}
 * @param action {@code create}, or {@code index}, which overwrites a document with the same id
 * @param isConfigured whether the mode is set; otherwise it applies only to logs and traces
 */
record Observability(
    String dataset,
    String namespace,
    Index logs,
    Index traces,
    String action,
    boolean isConfigured) {
  /**
   * Index names.
   *
   * @param name index name template; {@code {attribute}} is replaced by an attribute of the item,
   *     its scope or its resource
   * @param fallback replaces missing attributes
   * @param dated appends a date; null if none
   */
  record Index(NameTemplate name, String fallback, @Nullable DatedIndices dated) {
    /** Returns the index name for an item at a given time. */
    String of(Attributes resource, ScopeGroup<?> scope, Attributes own, long millis) {
      return at(name.of(key -> value(key, resource, scope, own)), millis);
    }

    /** Returns the index name to use once there are too many. */
    String other(String word, long millis) {
      return at(name.of(key -> word), millis);
    }

    private String at(String index, long millis) {
      return dated == null ? index : dated.at(index, millis);
    }

    private String value(String key, Attributes resource, ScopeGroup<?> scope, Attributes own) {
      for (Attributes a : new Attributes[] {own, scope.scope().attributes()}) {
        if (!AttributeText.text(a.get(key)).isEmpty()) {
          return AttributeText.text(a.get(key));
        }
      }
      String name =
          switch (key) {
            case "scope.name" -> scope.scope().name();
            case "scope.version" -> scope.scope().version();
            default -> "";
          };
      if (name.isEmpty()) {
        name = AttributeText.text(resource.get(key));
      }
      return name.isEmpty() ? fallback : name;
    }
  }
}
