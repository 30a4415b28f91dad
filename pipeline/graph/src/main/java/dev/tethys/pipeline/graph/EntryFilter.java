package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.PipelineId;

/**
 * Filter of batches at the entry of pipelines, before their first processor. Its rules change while
 * the graph runs, without a change of the graph. Safe for any number of threads.
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
            PipelineId pipeline, boolean fresh, Batch batch, AckCallback ack, Consumer next) {
          next.consume(batch, ack);
        }
      };

  /**
   * Whether there is any rule. Asked for each batch, so it costs no more than one volatile read.
   */
  boolean isActive();

  /**
   * Forwards what remains of a batch, or settles the callback when nothing remains.
   *
   * @param fresh whether the items enter the graph here: they come from a receiver, or from a
   *     connector that made them of another signal
   */
  void filter(PipelineId pipeline, boolean fresh, Batch batch, AckCallback ack, Consumer next);
}
