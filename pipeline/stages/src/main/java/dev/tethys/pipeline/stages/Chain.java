package dev.tethys.pipeline.stages;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sequence of stages that call each other directly. An entry passes all of them on the caller's
 * thread, so the order is kept and no stage waits for another.
 */
final class Chain {
  /** Stage with its name in the configuration. */
  record Named(String name, Stage stage) {}

  private final List<Named> stages;
  private final @Nullable StageObserver observer;
  private final Stage.Next[] links; // links[i] leads into stage i; the last one out of the chain
  private final Stage.Next[] watched; // the same, with the observer at each; links without one

  /**
   * Links the stages.
   *
   * @param end receives entries after the last stage
   */
  Chain(List<Named> stages, @Nullable StageObserver observer, Stage.Next end) {
    this.stages = stages;
    this.observer = observer;
    this.links = linked(stages, null, end);
    this.watched = observer == null ? links : linked(stages, observer, end);
  }

  private static Stage.Next[] linked(
      List<Named> stages, @Nullable StageObserver observer, Stage.Next end) {
    Stage.Next[] out = new Stage.Next[stages.size() + 1];
    out[stages.size()] = end;
    for (int i = stages.size() - 1; i >= 0; i--) {
      Stage stage = stages.get(i).stage();
      Stage.Next next = out[i + 1];
      String name = stages.get(i).name();
      out[i] =
          observer == null
              ? e -> stage.process(e, next)
              : e -> watch(observer, name, e.snapshot(), next, to -> stage.process(e, to));
    }
    return out;
  }

  private boolean isWatched() {
    return observer != null && observer.isWatching();
  }

  private interface Step {
    void run(Stage.Next to);
  }

  private static void watch(
      StageObserver observer,
      String name,
      @Nullable EntrySnapshot before,
      Stage.Next next,
      Step step) {
    List<StageEntry> out = new ArrayList<>();
    step.run(out::add);
    if (before != null || !out.isEmpty()) {
      observer.observe(name, before, out.stream().map(StageEntry::snapshot).toList());
    }
    out.forEach(next::accept);
  }

  private void release(int i, Step step) {
    if (observer == null || !isWatched()) {
      step.run(links[i + 1]);
    } else {
      watch(observer, stages.get(i).name(), null, watched[i + 1], step);
    }
  }

  void accept(StageEntry entry) {
    (isWatched() ? watched : links)[0].accept(entry);
  }

  int size() {
    return stages.size();
  }

  List<Named> forked() {
    return stages.stream().map(n -> new Named(n.name(), n.stage().fork())).toList();
  }

  long nextFlush() {
    long next = Long.MAX_VALUE;
    for (Named n : stages) {
      next = Math.min(next, n.stage().nextFlush());
    }
    return next;
  }

  void flush(long nanos) {
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i).stage();
      if (stage.nextFlush() <= nanos) {
        release(i, to -> stage.flush(nanos, to));
      }
    }
  }

  void drain() {
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i).stage();
      release(i, stage::drain);
    }
  }

  void close() {
    stages.forEach(n -> n.stage().close());
  }
}
