package dev.tethys.pipeline.component;

/** Receiver that waits for a failing source and reports the reason. */
public interface WaitingSource {
  /** Returns the reason why nothing is currently read; "" if there is none. */
  String waitsFor();
}
