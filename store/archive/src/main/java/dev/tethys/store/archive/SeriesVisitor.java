package dev.tethys.store.archive;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;

/** Takes series one after another, ascending by labels. */
@FunctionalInterface
public interface SeriesVisitor {
  /** Receives samples ascending by time; the buffer is reused after the call. */
  void series(Labels labels, SampleBuffer samples);
}
