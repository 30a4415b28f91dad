package dev.tethys.pipeline;

import java.util.List;

/**
 * Tells the source of a batch what became of it. A source may forget a batch (answer its client,
 * commit its offset, save its position) when its callback is settled, and not before.
 */
@FunctionalInterface
public interface AckCallback {
  /** Ignores the outcome. */
  AckCallback NONE = outcome -> {};

  /** Called exactly once for a batch; must not block. */
  void complete(Outcome outcome);

  /**
   * For one batch that goes several ways: settled as many times as there are ways, it then settles
   * the other with the worst of the outcomes.
   *
   * @param ways at least 1
   */
  static AckCallback join(AckCallback to, int ways) {
    return ways == 1 ? to : new JoinedAckCallback(to, ways, Outcome::worse);
  }

  /**
   * The same with a notice.
   *
   * @param repeats called when some ways took the batch and it is to be sent again nevertheless,
   *     because others did not
   */
  static AckCallback join(AckCallback to, int ways, Runnable repeats) {
    return ways == 1 ? to : new JoinedAckCallback(to, ways, Outcome::worse, repeats);
  }

  /**
   * For one batch that continues in several parts: settled once for each part, it then settles the
   * batch with the outcomes of all of them.
   *
   * @param parts at least 1
   */
  static AckCallback parts(AckCallback to, int parts) {
    return parts == 1 ? to : new JoinedAckCallback(to, parts, Outcome::plus);
  }

  /**
   * For several batches that continue as one: an outcome settles them all. Rejected items whose
   * part is unknown are shared out by size.
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

  /** One of several batches that were joined into one. */
  record Part(AckCallback ack, int items) {}
}
