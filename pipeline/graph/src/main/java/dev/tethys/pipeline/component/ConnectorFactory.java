package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Signal;

/** Creates connectors: one for a component id and pair of signals. */
public non-sealed interface ConnectorFactory<S> extends ComponentFactory<S> {
  /** Whether it can connect a pipeline of one signal to one of another. */
  boolean connects(Signal from, Signal to);

  /**
   * Whether it offers rejected batches to another output. Full queues then reject its batches,
   * regardless of their source.
   */
  default boolean offersElsewhere() {
    return false;
  }

  /**
   * Creates a connector; it keeps its account as a processor does.
   *
   * @throws dev.tethys.config.ConfigException if the settings cannot be met
   */
  Connector create(S settings, Signal from, Signal to, Outputs outputs, Context context);
}
