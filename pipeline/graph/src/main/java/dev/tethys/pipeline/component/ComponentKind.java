package dev.tethys.pipeline.component;

import java.util.Locale;

/** A kind of component. */
public enum ComponentKind {
  RECEIVER,
  PROCESSOR,
  EXPORTER,
  CONNECTOR,
  EXTENSION;

  /** {@code receiver}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The key of its kind in a configuration: {@code receivers}. */
  public String section() {
    return word() + "s";
  }

  /** Kind of the components that a factory creates. */
  public static ComponentKind of(ComponentFactory<?> f) {
    return switch (f) {
      case ReceiverFactory<?> x -> RECEIVER;
      case ProcessorFactory<?> x -> PROCESSOR;
      case ExporterFactory<?> x -> EXPORTER;
      case ConnectorFactory<?> x -> CONNECTOR;
      case ExtensionFactory<?> x -> EXTENSION;
    };
  }
}
