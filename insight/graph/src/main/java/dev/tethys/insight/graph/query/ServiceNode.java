package dev.tethys.insight.graph.query;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Client or server node of a call.
 *
 * @param namespace {@code service.namespace}, "" if unknown
 * @param container one of its containers, null if the node agent does not see it
 */
public record ServiceNode(String name, Kind kind, String namespace, @Nullable String container) {
  /** Node kind. */
  public enum Kind {
    SERVICE,
    DATABASE,
    /** Client or server that is not observed. */
    EXTERNAL;

    /** Returns the name of the kind in responses. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  ServiceNode withContainer(@Nullable String id) {
    return new ServiceNode(name, kind, namespace, id);
  }
}
