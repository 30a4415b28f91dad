package dev.tethys.pipeline.component;

/** Component that is notified when the graph starts to accept telemetry and before it stops. */
public interface PipelineWatcher {
  /** All components run; said after each reload. Must not block. */
  void ready();

  /** Receivers are about to stop: they wait for what is under way then. Must not block. */
  void notReady();
}
