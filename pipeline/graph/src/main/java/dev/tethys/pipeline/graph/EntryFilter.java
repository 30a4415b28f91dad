package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.PipelineId;
import org.jspecify.annotations.Nullable;

/**
 * Filter of batches at the entry of pipelines, before their first processor. Its rules change while
 * the graph runs, without a change of the graph. Thread-safe.
 */
public interface EntryFilter {
  /** Filter without rules. */
  EntryFilter NONE =
      new EntryFilter() {
        @Override
        public boolean isActive() {
          return false;
        }

        @Override
        public void filter(
            PipelineId pipeline,
            boolean fresh,
            Batch batch,
            AckCallback ack,
            Consumer next,
            Entries entries) {
          next.consume(batch, ack);
        }
      };

  /** Entry points of a graph's pipelines, to which a filter may move items. */
  @FunctionalInterface
  interface Entries {
    /** Returns the entry of a pipeline, after its filter, or null if it is not running. */
    @Nullable Consumer of(PipelineId pipeline);
  }

  /**
   * Whether there is any rule. Asked for each batch, so it costs no more than one volatile read.
   */
  boolean isActive();

  /**
   * Forwards the remaining items of a batch, or settles the callback if none remain.
   *
   * @param fresh whether the items enter the graph here: from a receiver, or from a connector that
   *     converted them from another signal
   * @param entries filters of the same graph
   */
  void filter(
      PipelineId pipeline,
      boolean fresh,
      Batch batch,
      AckCallback ack,
      Consumer next,
      Entries entries);
}
