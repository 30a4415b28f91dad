package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates receivers: one for each component id, shared by all its signals and pipelines. */
public non-sealed interface ReceiverFactory<S> extends ComponentFactory<S> {
  /** Returns the supported signals. */
  Set<Signal> signals();

  /**
   * Whether data stays at its source until acknowledged, as in a topic or a file. A full queue then
   * blocks the receiver; data of others is rejected.
   */
  default boolean canWait() {
    return false;
  }

  /**
   * Returns the exporters that a receiver's settings name for its entities, in addition to
   * pipelines. The graph connects the receiver to them like a logs pipeline.
   */
  default List<Reference> entityExporters(S settings) {
    return List.of();
  }

  /**
   * Creates a receiver.
   *
   * @param outputs consumers by signal, for signals with a pipeline; data of other signals is
   *     rejected to the sender. The graph keeps the receiver's account.
   * @throws dev.tethys.config.ConfigException if the settings cannot be applied
   */
  Receiver create(S settings, Map<Signal, Consumer> outputs, Context context);
}
