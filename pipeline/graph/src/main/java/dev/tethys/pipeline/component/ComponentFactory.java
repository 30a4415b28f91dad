package dev.tethys.pipeline.component;

import dev.tethys.config.Type;
import java.time.Duration;
import java.util.List;

/**
 * Makes components of one type. Which types there are is a list in {@code app}.
 *
 * @param <S> its settings, read strictly: an immutable record
 */
public sealed interface ComponentFactory<S>
    permits ReceiverFactory, ProcessorFactory, ExporterFactory, ConnectorFactory, ExtensionFactory {
  /** Its name in configurations, in the Collector's newest spelling: {@code otlp_grpc}. */
  String type();

  /** Other spellings that are taken for it: {@code otlp}. */
  default List<String> aliases() {
    return List.of();
  }

  /** One sentence for {@code components} and the documentation. */
  String about();

  /**
   * How its settings are read; make it of a {@link dev.tethys.config.Section}. An absent value is
   * an empty map.
   */
  Type<S> settings();

  /** Longest time for which a component with these settings holds items on purpose. */
  default Duration holds(S settings) {
    return Duration.ZERO;
  }
}
