package dev.tethys.pipeline.component;

/** A component that is told when the graph takes telemetry, and when it is about to stop. */
public interface PipelineWatcher {
  /** All components run; said after each reload. Must not block. */
  void ready();

  /** Receivers are about to stop: they wait for what is under way then. Must not block. */
  void notReady();
}
