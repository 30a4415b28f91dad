package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Signal;
import java.util.Set;

/** Creates exporters: one for each component id and signal, shared by all pipelines. */
public non-sealed interface ExporterFactory<S> extends ComponentFactory<S> {
  /** What it can export. */
  Set<Signal> signals();

  /**
   * Makes an exporter. {@link Context#exporter} makes one with a queue, retries and dead letters
   * out of what turns batches into requests and what sends them. One that does without keeps its
   * account itself.
   *
   * @throws dev.tethys.config.ConfigException when the settings cannot be met
   */
  Exporter create(S settings, Signal signal, Context context);
}
