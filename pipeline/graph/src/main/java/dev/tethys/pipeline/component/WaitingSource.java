package dev.tethys.pipeline.component;

/** Receiver that waits for a source which fails, and knows why. */
public interface WaitingSource {
  /** Reason why nothing is read at present; "" if there is none. */
  String waitsFor();
}
