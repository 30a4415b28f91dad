package dev.tethys.pipeline.component;

/** Extension that is notified of the running components whenever they change. */
public interface GraphWatcher {
  /** Sets the running graph. */
  void runs(RunningGraph graph);
}
