package dev.tethys.query.promql;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Queue that shares slots evenly between users, regardless of how many queries each has. The next
 * slot goes to the user with the fewest running queries; among equals, to the one served longest
 * ago. Queries of one user are served in order of arrival.
 *
 * <p>Invariants: {@code waiting} holds no user without an entry, in the order in which users were
 * last served; {@code size} counts all entries; {@code size <= capacity}. Not thread-safe.
 */
final class FairQueue<T> {
  private final int capacity;
  private final LinkedHashMap<String, ArrayDeque<T>> waiting = new LinkedHashMap<>();
  private final Map<String, Integer> running = new HashMap<>();
  private int size;

  /** Creates a queue for at most {@code capacity} waiting entries. */
  FairQueue(int capacity) {
    this.capacity = capacity;
  }

  int size() {
    return size;
  }

  /**
   * Adds an entry.
   *
   * @return entry evicted because the queue is full: the newest entry of the user with the most
   *     entries, possibly the one just added; null if there is space
   */
  @Nullable T add(String user, T entry) {
    waiting.computeIfAbsent(user, u -> new ArrayDeque<>()).addLast(entry);
    size++;
    if (size <= capacity) {
      return null;
    }
    String most = user;
    int n = queue(user).size();
    for (Map.Entry<String, ArrayDeque<T>> e : waiting.entrySet()) {
      if (e.getValue().size() > n) {
        most = e.getKey();
        n = e.getValue().size();
      }
    }
    T out = queue(most).removeLast();
    taken(most);
    return out;
  }

  private ArrayDeque<T> queue(String user) {
    ArrayDeque<T> q = waiting.get(user);
    if (q == null) {
      throw new IllegalStateException("no waiting query of user " + user);
    }
    return q;
  }

  private void taken(String user) {
    size--;
    if (queue(user).isEmpty()) {
      waiting.remove(user);
    }
  }

  /** Removes an entry that waits no longer; returns false if it does not exist. */
  boolean remove(String user, T entry) {
    ArrayDeque<T> q = waiting.get(user);
    if (q == null || !q.remove(entry)) {
      return false;
    }
    taken(user);
    return true;
  }

  private @Nullable String nextUser() {
    String best = null;
    int fewest = Integer.MAX_VALUE;
    for (String user : waiting.keySet()) {
      int n = running.getOrDefault(user, 0);
      if (n < fewest) {
        fewest = n;
        best = user;
      }
    }
    return best;
  }

  /** Returns the number of running entries of the next user; 0 if no entry waits. */
  int runningOfNext() {
    String user = nextUser();
    return user == null ? 0 : running.getOrDefault(user, 0);
  }

  /** Removes the next item and counts it as running; returns null if the queue is empty. */
  @Nullable T next() {
    String best = nextUser();
    if (best == null) {
      return null;
    }
    ArrayDeque<T> q = queue(best);
    T out = q.removeFirst();
    size--;
    waiting.remove(best);
    if (!q.isEmpty()) {
      waiting.put(best, q); // behind all others
    }
    running.merge(best, 1, Integer::sum);
    return out;
  }

  /** Records that a running entry of a user has ended. */
  void ended(String user) {
    running.computeIfPresent(user, (u, n) -> n == 1 ? null : n - 1);
  }
}
