package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import java.util.Set;

/** Makes processors: one for each pipeline in which the component stands. */
public non-sealed interface ProcessorFactory<S> extends ComponentFactory<S> {
  /** What it can process. */
  Set<Signal> signals();

  /**
   * Makes a processor. It keeps its account: {@link
   * dev.tethys.pipeline.ledger.ItemAccounting#through} for items that it passes on at once; take,
   * then pass or drop, for the rest.
   *
   * @param next the component after it; pass its callback on, or one that settles it
   * @throws dev.tethys.config.ConfigException when the settings cannot be met
   */
  Processor create(S settings, Signal signal, Consumer next, Context context);
}
