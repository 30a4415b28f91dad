package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Signal;
import java.util.Set;

/** Creates exporters: one for each component id and signal, shared by all pipelines. */
public non-sealed interface ExporterFactory<S> extends ComponentFactory<S> {
  /** Returns the supported signals. */
  Set<Signal> signals();

  /**
   * Creates an exporter. {@link Context#exporter} creates one with a queue, retries and dead
   * letters from an encoder and a sender. Other exporters keep their account themselves.
   *
   * @throws dev.tethys.config.ConfigException if the settings cannot be applied
   */
  Exporter create(S settings, Signal signal, Context context);
}
