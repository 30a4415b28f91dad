package dev.tethys.pipeline.component;

/** An extension that is told when the graph takes telemetry, and when it is about to stop. */
public interface PipelineWatcher {
  /** All components run. */
  void ready();

  /** Receivers are about to stop. */
  void notReady();
}
