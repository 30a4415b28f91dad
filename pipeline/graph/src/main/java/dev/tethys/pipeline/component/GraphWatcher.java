package dev.tethys.pipeline.component;

/** Extension that is notified of the running components whenever they change. */
public interface GraphWatcher {
  /** What runs from now on. */
  void runs(RunningGraph graph);
}
