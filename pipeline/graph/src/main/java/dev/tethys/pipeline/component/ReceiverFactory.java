package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates receivers: one for each component id, shared by all its signals and pipelines. */
public non-sealed interface ReceiverFactory<S> extends ComponentFactory<S> {
  /** What it can receive. */
  Set<Signal> signals();

  /**
   * Whether data stays at its source until it is acknowledged, as in a topic or a file. A full
   * queue then makes the receiver wait, where others are refused.
   */
  default boolean canWait() {
    return false;
  }

  /**
   * Exporters that the settings of a receiver name for its entities, besides pipelines. The graph
   * connects the receiver to them as a pipeline of logs does.
   */
  default List<Reference> entityExporters(S settings) {
    return List.of();
  }

  /**
   * Makes a receiver.
   *
   * @param outputs where batches go, for each signal that some pipeline requires of it; others are
   *     refused to the sender. The graph counts what passes: the receiver's account is kept there.
   * @throws dev.tethys.config.ConfigException when the settings cannot be met
   */
  Receiver create(S settings, Map<Signal, Consumer> outputs, Context context);
}
