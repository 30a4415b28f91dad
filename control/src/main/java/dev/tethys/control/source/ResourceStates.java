package dev.tethys.control.source;

import dev.tethys.control.live.Controls;
import dev.tethys.control.live.LiveControl;
import dev.tethys.control.rollout.Holding;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.source.SourceState.Applied;
import dev.tethys.pipeline.processor.control.Control;

/** States of applied resources: whether the running state matches their files. */
record ResourceStates(Controls controls, Rollouts rollouts, SourceState kept) {
  /**
   * State of a resource, as in {@link SourceResources.Item}.
   *
   * @param detail reason of the state; "" for none
   */
  record State(String word, String detail) {
    static final State CURRENT = new State("current", "");
  }

  /** Returns the state of an applied resource. */
  State of(SourceResource resource) {
    return switch (resource) {
      case SourceResource.LiveControl c -> of(c);
      case SourceResource.Rollout r -> of(r);
      case SourceResource.Pipeline x -> of(x.rollout());
      default -> State.CURRENT;
    };
  }

  private State of(SourceResource.LiveControl c) {
    LiveControl live = controls.state().all.get(c.meta().name());
    if (live != null && live.isActive()) {
      return isSame(c, live)
          ? State.CURRENT
          : new State("drift", "the active control of this name differs");
    }
    boolean byTime = live == null || live.endedBy().equals("clock");
    return byTime && (c.duration() != null || c.end() != null)
        ? new State("ended", "its time has passed")
        : new State(
            "drift",
            live == null
                ? "it is not active"
                : "ended by " + live.endedBy() + ": " + live.endReason());
  }

  private State of(SourceResource.Rollout r) {
    Applied a = kept.applied.get(r.meta().id());
    if (a == null) {
      return new State("waiting", "");
    }
    if (a.refused() && a.rollout() == 0) {
      return new State("undone", a.why());
    }
    return rollouts.read(
        (all, assignments) -> {
          for (Rollout x : all) {
            if (a.refused() && x.id == a.rollout()) {
              return new State(
                  "undone",
                  "version "
                      + x.version
                      + " is not rolled out again: rollout "
                      + x.id
                      + " is "
                      + x.state.word()
                      + (x.stateReason.isEmpty() ? "" : " (" + x.stateReason + ")")
                      + "; a new version is rolled out, and this one after "
                      + SourceResources.CHANGE);
            }
            if (x.id == a.rollout() && x.state != Rollout.State.DONE) {
              return new State(
                  x.state.isActive() ? "rolling out" : "undone",
                  "rollout "
                      + x.id
                      + " is "
                      + x.state.word()
                      + (x.stateReason.isEmpty() ? "" : ": ")
                      + x.stateReason);
            }
          }
          for (Rollout.Assignment x : assignments) {
            if (x.rollout() == a.rollout()) {
              Holding h = rollouts.holding(x);
              String state =
                  h.isReplaced() ? "drift" : h.isRefused() || h.isWaiting() ? "waiting" : "current";
              return new State(state, h.isComplete() && !h.isWaiting() ? "" : h.text());
            }
          }
          return new State("drift", "another rollout replaced it, or it was undone");
        });
  }

  /** Whether a control has the effect of the file; owner, reason and end may differ. */
  static boolean isSame(SourceResource.LiveControl c, LiveControl active) {
    Control own = c.control().with(c.meta().name(), "", "", 0);
    return active.control().among(0).with(c.meta().name(), "", "", 0).startedAt(0).equals(own)
        && active.selector().toString().equals(c.selector().toString());
  }
}
