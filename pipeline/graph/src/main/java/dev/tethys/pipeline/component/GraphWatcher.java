package dev.tethys.pipeline.component;

/** An extension that is told what runs, whenever that has changed. */
public interface GraphWatcher {
  /** What runs from now on. */
  void runs(RunningGraph graph);
}
