package dev.tethys.pipeline.server;

import dev.tethys.web.HttpListener;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Listeners that receivers leave when one change of a graph stops them, for the receivers that the
 * change starts.
 *
 * <p>A receiver with the same settings of its sockets takes the listener with its connections: no
 * connect is refused, and requests that come meanwhile wait. For one with other settings, the
 * address becomes free, and the former listener answers what is in flight until {@link #finish}.
 * Used by one thread.
 */
public final class PortExchange {
  private static final ScopedValue<PortExchange> OF_THREAD = ScopedValue.newInstance();

  /** Stop or start of a receiver. */
  @FunctionalInterface
  public interface Action<E extends Exception> {
    void run() throws E;
  }

  private final List<ServedPort> left = new ArrayList<>();
  private final Set<HttpListener> taken = new LinkedHashSet<>();
  private final Set<HttpListener> ending = new LinkedHashSet<>();
  private long heldAt;
  private long longest;

  /** The one in which this thread stops or starts a receiver; null for none. */
  static @Nullable PortExchange current() {
    return OF_THREAD.isBound() ? OF_THREAD.get() : null;
  }

  /** Stops or starts a receiver, whose listeners are left here or taken from here. */
  public <E extends Exception> void run(Action<E> action) throws E {
    ScopedValue.where(OF_THREAD, this)
        .<@Nullable Void, E>call(
            () -> {
              action.run();
              return null;
            });
  }

  /** A receiver stops. */
  void leave(ServedPort p) {
    if (left.isEmpty()) {
      heldAt = System.nanoTime();
    }
    p.listener().hold();
    left.add(p);
  }

  /**
   * Takes a listener of the same settings, which has its requests answered by these routes from now
   * on. Where there is none, addresses that the settings share with others become free.
   *
   * @return null where there is none
   */
  @Nullable HttpListener take(
      ServedPort.Settings settings, Supplier<WebConfig> config, Routes routes) {
    for (ServedPort p : left) {
      if (p.settings().equals(settings)) {
        left.remove(p);
        p.listener().serve(config, routes);
        released();
        taken.add(p.listener());
        return p.listener();
      }
    }
    for (ServedPort p : List.copyOf(left)) {
      if (p.settings().options().addresses().stream()
          .anyMatch(a -> settings.options().addresses().stream().anyMatch(b -> overlap(a, b)))) {
        end(p);
      }
    }
    return null;
  }

  /** Whether both have the same port, or are the same socket of this machine. */
  private static boolean overlap(String a, String b) {
    return a.substring(a.lastIndexOf(':') + 1).equals(b.substring(b.lastIndexOf(':') + 1));
  }

  /** The addresses of all listeners that are left become free. */
  public void freeAddresses() {
    List.copyOf(left).forEach(this::end);
  }

  private void end(ServedPort p) {
    left.remove(p);
    p.listener().stopListening();
    released();
    ending.add(p.listener());
  }

  private void released() {
    longest = Math.max(longest, System.nanoTime() - heldAt);
  }

  /** How long requests waited for the next receiver where they waited longest, in nanoseconds. */
  public long longestNanos() {
    return longest;
  }

  /**
   * Waits until requests of former receivers are answered, for the grace period of their listeners,
   * and stops listeners that no receiver took.
   */
  public void finish() {
    freeAddresses();
    List<Thread> all = new ArrayList<>();
    taken.forEach(l -> all.add(Thread.ofVirtual().start(l::endFormer)));
    ending.forEach(l -> all.add(Thread.ofVirtual().start(l::close)));
    taken.clear();
    ending.clear();
    boolean interrupted = false;
    for (Thread t : all) {
      while (true) {
        try {
          t.join(Duration.ofDays(1)); // the grace period ends it
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
