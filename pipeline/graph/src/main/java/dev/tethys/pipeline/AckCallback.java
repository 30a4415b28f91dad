package dev.tethys.pipeline;

import java.util.List;

/**
 * Notifies the source of a batch of its outcome. A source may discard a batch (respond to its
 * client, commit its offset, save its position) when its callback is settled, and not before.
 */
@FunctionalInterface
public interface AckCallback {
  /** Ignores the outcome. */
  AckCallback NONE = outcome -> {};

  /** Called exactly once for a batch; must not block. */
  void complete(Outcome outcome);

  /**
   * Returns a callback for a batch with several destinations: settled once per destination, it then
   * settles the original with the worst outcome.
   *
   * @param ways number of destinations; at least 1
   */
  static AckCallback join(AckCallback to, int ways) {
    return ways == 1 ? to : new JoinedAckCallback(to, ways, Outcome::worse);
  }

  /**
   * Variant with a notification.
   *
   * @param repeats called if some destinations accepted the batch but it must be sent again because
   *     others did not
   */
  static AckCallback join(AckCallback to, int ways, Runnable repeats) {
    return ways == 1 ? to : new JoinedAckCallback(to, ways, Outcome::worse, repeats);
  }

  /**
   * Returns a callback for a batch that is split: settled once per part, it then settles the batch
   * with the combined outcome.
   *
   * @param parts number of parts; at least 1
   */
  static AckCallback parts(AckCallback to, int parts) {
    return parts == 1 ? to : new JoinedAckCallback(to, parts, Outcome::plus);
  }

  /**
   * Returns a callback for several merged batches: an outcome settles them all. Rejected items
   * whose part is unknown are distributed by size.
   *
   * @param parts callbacks with the items of their batches
   */
  static AckCallback all(List<Part> parts) {
    if (parts.size() == 1) {
      return parts.getFirst().ack();
    }
    List<Part> copy = List.copyOf(parts);
    return outcome -> {
      if (!(outcome instanceof Outcome.Rejected r)) {
        copy.forEach(p -> p.ack().complete(outcome));
        return;
      }
      long total = copy.stream().mapToLong(Part::items).sum();
      long rejected = Math.min(r.items(), total);
      long seen = 0;
      long sum = 0;
      for (Part p : copy) {
        seen += p.items();
        long until = total == 0 ? 0 : rejected * seen / total;
        int own = (int) (until - sum);
        sum = until;
        p.ack().complete(own == 0 ? Outcome.ACCEPTED : r.of(own));
      }
    };
  }

  /** One of several batches merged into one. */
  record Part(AckCallback ack, int items) {}
}
