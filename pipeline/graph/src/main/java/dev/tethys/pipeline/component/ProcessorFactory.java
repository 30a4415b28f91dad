package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import java.util.Set;

/** Creates processors: one per pipeline that lists the component. */
public non-sealed interface ProcessorFactory<S> extends ComponentFactory<S> {
  /** Returns the supported signals. */
  Set<Signal> signals();

  /**
   * Creates a processor. It keeps its account: {@link
   * dev.tethys.pipeline.ledger.ItemAccounting#through} for items that it forwards immediately;
   * take, then pass or drop, for the rest.
   *
   * @param next the next component; forward the callback, or one that settles it
   * @throws dev.tethys.config.ConfigException if the settings cannot be applied
   */
  Processor create(S settings, Signal signal, Consumer next, Context context);
}
