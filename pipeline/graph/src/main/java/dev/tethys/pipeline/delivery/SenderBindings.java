package dev.tethys.pipeline.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The current sender of a destination, and former ones with requests in flight. Guarded by the lock
 * of the queue state.
 */
final class SenderBindings {
  private final OutboxContext context;
  private final List<SenderBinding> former = new ArrayList<>();
  private SenderBinding present;

  SenderBindings(OutboxContext context, Sender sender, OutboxOptions options) {
    this.context = context;
    this.present = new SenderBinding(sender, options, context.random());
  }

  SenderBinding present() {
    return present;
  }

  /** Returns the number of requests in flight on all bindings. */
  int inFlight() {
    int n = present.inFlight;
    for (SenderBinding r : former) {
      n += r.inFlight;
    }
    return n;
  }

  /**
   * Switches to another binding, or to a previous one if it has this sender.
   *
   * @return whether it changed
   */
  boolean replaceSender(Sender sender, OutboxOptions options) {
    if (sender == present.sender) {
      return false;
    }
    RandomGenerator random = context.random();
    SenderBinding next =
        former.stream()
            .filter(r -> r.sender == sender)
            .findFirst()
            .orElseGet(() -> new SenderBinding(sender, options, random));
    former.remove(next);
    former.add(present);
    present = next;
    return true;
  }

  /**
   * Marks the previous binding of this sender as ending; returns null if it has ended or does not
   * exist.
   */
  @Nullable SenderBinding ending(Sender sender) {
    for (SenderBinding r : former) {
      if (r.sender == sender && !r.ending) {
        r.ending = true;
        if (r.inFlight > 0) {
          return r;
        }
        end(r);
        return null;
      }
    }
    return null;
  }

  /** Records that a request is no longer in progress. */
  void requestEnded(SenderBinding r) {
    r.inFlight--;
    if (r.ending && r.inFlight == 0) {
      end(r);
    }
  }

  private void end(SenderBinding r) {
    former.remove(r);
    if (r.cutOff != null) {
      r.cutOff.cancel();
    }
    context.clock().execute(context.name() + " close", r.sender::close);
  }

  /** Removes all open senders; requests in flight are ignored from now on. */
  List<Sender> clear() {
    List<Sender> all = new ArrayList<>();
    for (SenderBinding r : former) {
      if (r.cutOff != null) {
        r.cutOff.cancel();
      }
      all.add(r.sender);
    }
    former.clear();
    all.add(present.sender);
    return all;
  }
}
