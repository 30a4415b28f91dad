package dev.tethys.alert.manager.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * Queue of messages to gossip. Each message is sent a number of times that grows with the logarithm
 * of the cluster size; messages sent least often go first, among these the newest.
 *
 * <p>Invariants: guarded by this object; at most {@link #MAX_MESSAGES}; of messages about one
 * subject only the last is kept. Members miss dropped messages until the next exchange of full
 * states.
 */
final class BroadcastQueue {
  static final int MAX_MESSAGES = 4096;

  private record Item(String subject, byte[] message, int sent, long number) {}

  private static final Comparator<Item> ORDER =
      Comparator.comparingInt(Item::sent).thenComparing(Item::number, Comparator.reverseOrder());

  @GuardedBy("this")
  private final TreeSet<Item> items = new TreeSet<>(ORDER);

  private final int multiplier;

  @GuardedBy("this")
  private long numbers;

  @GuardedBy("this")
  private long pruned;

  BroadcastQueue(int multiplier) {
    this.multiplier = multiplier;
  }

  /**
   * Adds a message.
   *
   * @param subject messages with the same subject are replaced; "" if none
   */
  synchronized void add(String subject, byte[] message) {
    if (!subject.isEmpty()) {
      items.removeIf(i -> i.subject.equals(subject));
    }
    items.add(new Item(subject, message, 0, numbers++));
    if (items.size() > MAX_MESSAGES) {
      items.pollLast();
      pruned++;
    }
  }

  /**
   * Removes the messages that fit into a packet.
   *
   * @param overhead bytes that each message adds to its own size
   */
  synchronized List<byte[]> take(int overhead, int bytes, int members) {
    int limit = multiplier * (int) Math.ceil(Math.log10(members + 1.0));
    List<Item> taken = new ArrayList<>();
    int remaining = bytes;
    for (Item i : items) {
      int costs = i.message.length + overhead;
      if (costs <= remaining && taken.size() < 255) {
        remaining -= costs;
        taken.add(i);
      }
      if (remaining <= overhead) {
        break;
      }
    }
    for (Item i : taken) {
      items.remove(i);
      if (i.sent + 1 < limit) {
        items.add(new Item(i.subject, i.message, i.sent + 1, i.number));
      }
    }
    return taken.stream().map(Item::message).toList();
  }

  synchronized int size() {
    return items.size();
  }

  synchronized long pruned() {
    return pruned;
  }
}
