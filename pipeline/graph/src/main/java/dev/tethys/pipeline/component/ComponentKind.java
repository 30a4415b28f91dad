package dev.tethys.pipeline.component;

import java.util.Locale;

/** A kind of component. */
public enum ComponentKind {
  RECEIVER,
  PROCESSOR,
  EXPORTER,
  CONNECTOR,
  EXTENSION;

  /** Returns the word in messages, such as {@code receiver}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the key of its kind in a configuration, such as {@code receivers}. */
  public String section() {
    return word() + "s";
  }

  /** Returns the kind of the components created by a factory. */
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
