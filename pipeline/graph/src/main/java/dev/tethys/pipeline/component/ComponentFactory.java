package dev.tethys.pipeline.component;

import dev.tethys.config.Type;
import java.time.Duration;
import java.util.List;

/**
 * Creates components of one type. {@code BuiltIn} in {@code pipeline/collector} lists the types.
 *
 * @param <S> its settings, read strictly: an immutable record
 */
public sealed interface ComponentFactory<S>
    permits ReceiverFactory, ProcessorFactory, ExporterFactory, ConnectorFactory, ExtensionFactory {
  /** Returns the name in configurations, in the Collector's newest spelling: {@code otlp_grpc}. */
  String type();

  /** Returns the accepted aliases, such as {@code otlp}. */
  default List<String> aliases() {
    return List.of();
  }

  /** Returns one sentence for {@code components} and the documentation. */
  String about();

  /**
   * Returns the type of its settings, defined with a {@link dev.tethys.config.Section}. An absent
   * value is an empty map.
   */
  Type<S> settings();

  /**
   * Returns the maximum time for which a component with these settings intentionally holds items.
   */
  default Duration holds(S settings) {
    return Duration.ZERO;
  }
}
