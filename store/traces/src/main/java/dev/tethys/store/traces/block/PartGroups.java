package dev.tethys.store.traces.block;

import dev.tethys.model.traces.SpanBatch;

/** Resources and scopes of a part. Thread-safe. */
public final class PartGroups {
  private final SpanBatch batch;
  private final TextTable texts;

  /**
   * @param batch scopes and resources without spans, not changed afterwards
   */
  public PartGroups(SpanBatch batch) {
    this.batch = batch;
    batch.texts.find(""); // indexed before other threads look strings up
    texts = TextTable.of(batch.texts);
  }

  SpanBatch batch() {
    return batch;
  }

  /** Returns the strings of the batch. */
  TextTable texts() {
    return texts;
  }
}
