package dev.tethys.pipeline.component;

/** Receiver that waits for a source which fails, and knows why. */
public interface WaitingSource {
  /** Why nothing is read at present; "" where nothing keeps it. */
  String waitsFor();
}
