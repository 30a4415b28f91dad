package dev.tethys.pipeline.component;

/** Component that is notified when the graph starts to accept telemetry and before it stops. */
public interface PipelineWatcher {
  /** Called when all components run, including after each reload. Must not block. */
  void ready();

  /** Announces that receivers are about to stop and wait for batches in flight. Must not block. */
  void notReady();
}
