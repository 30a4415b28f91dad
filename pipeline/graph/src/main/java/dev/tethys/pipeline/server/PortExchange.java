package dev.tethys.pipeline.server;

import dev.tethys.web.HttpListener;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import dev.tethys.web.socket.PassingListener;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Listeners left by receivers that a graph change stops, for the receivers that it starts.
 *
 * <p>A receiver with equal socket settings takes over the listener with its connections: no
 * connection is refused, and arriving requests wait. For other settings, the address is released,
 * and the previous listener serves requests in flight until {@link #finish}. Used by one thread.
 */
public final class PortExchange {
  private static final ScopedValue<PortExchange> OF_THREAD = ScopedValue.newInstance();

  /** Stop or start of a receiver. */
  @FunctionalInterface
  public interface Action<E extends Exception> {
    void run() throws E;
  }

  /** Creates a listener. */
  @FunctionalInterface
  public interface Opening<L> {
    L open() throws IOException;
  }

  /**
   * Listener left by a receiver, without pending requests or responses.
   *
   * @param settings settings of the listener and of request reading
   * @param addresses {@code host:port}, over UDP with {@code /udp} after it
   */
  private record LeftSocket(Object settings, List<String> addresses, PassingListener<?> listener) {}

  private final List<ServedPort> left = new ArrayList<>();
  private final List<LeftSocket> sockets = new ArrayList<>();
  private final List<Object> expected = new ArrayList<>();
  private final Set<HttpListener> taken = new LinkedHashSet<>();
  private final Set<HttpListener> ending = new LinkedHashSet<>();
  private long heldAt;
  private long longest;

  /** Returns the exchange in which this thread stops or starts a receiver, or null if none. */
  static @Nullable PortExchange current() {
    return OF_THREAD.isBound() ? OF_THREAD.get() : null;
  }

  /** Stops or starts a receiver, whose listeners are left or taken over here. */
  public <E extends Exception> void run(Action<E> action) throws E {
    ScopedValue.where(OF_THREAD, this)
        .<@Nullable Void, E>call(
            () -> {
              action.run();
              return null;
            });
  }

  private void beginHold() {
    if (left.isEmpty() && sockets.isEmpty()) {
      heldAt = System.nanoTime();
    }
  }

  /**
   * Takes over a listener with equal settings from a receiver stopped by this thread's graph
   * change; otherwise creates one after its addresses were released.
   *
   * @param type class of the listener
   * @throws IOException if opening fails
   */
  public static <H, L extends PassingListener<H>> L open(
      Object settings, List<String> addresses, H handler, Class<L> type, Opening<L> opening)
      throws IOException {
    PortExchange x = current();
    if (x == null) {
      return opening.open();
    }
    for (LeftSocket s : x.sockets) {
      if (s.settings.equals(settings) && type.isInstance(s.listener)) {
        L taken = type.cast(s.listener);
        x.sockets.remove(s);
        taken.serve(handler);
        x.released();
        return taken;
      }
    }
    x.freeOf(addresses);
    return opening.open();
  }

  /** Closes a listener, or leaves it to a receiver that starts in the same change of the graph. */
  public static void close(Object settings, List<String> addresses, PassingListener<?> listener) {
    PortExchange x = current();
    if (x == null || !x.expected.remove(settings)) {
      listener.close();
      return;
    }
    x.beginHold();
    if (listener.hold()) {
      x.sockets.add(new LeftSocket(settings, addresses, listener));
    } else {
      listener.close();
    }
  }

  /** Announces receivers that will take over sockets with these settings. */
  public void expect(List<Object> settings) {
    expected.addAll(settings);
  }

  /** Stores the port of a receiver that stops. */
  void leave(ServedPort p) {
    beginHold();
    p.listener().hold();
    left.add(p);
  }

  /**
   * Takes over a listener with equal settings, which then serves these routes. If there is none,
   * addresses shared with other listeners are released.
   *
   * @return null if there is none
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
    freeOf(settings.options().addresses());
    return null;
  }

  private void freeOf(List<String> addresses) {
    for (ServedPort p : List.copyOf(left)) {
      if (overlap(p.settings().options().addresses(), addresses)) {
        end(p);
      }
    }
    for (LeftSocket s : List.copyOf(sockets)) {
      if (overlap(s.addresses, addresses)) {
        end(s);
      }
    }
  }

  private static boolean overlap(List<String> some, List<String> others) {
    return some.stream().anyMatch(a -> others.stream().anyMatch(b -> overlap(a, b)));
  }

  /** Whether both have the same port, or are the same Unix socket. */
  private static boolean overlap(String a, String b) {
    return a.substring(a.lastIndexOf(':') + 1).equals(b.substring(b.lastIndexOf(':') + 1));
  }

  /** Releases the addresses of all remaining listeners. */
  public void freeAddresses() {
    List.copyOf(left).forEach(this::end);
    List.copyOf(sockets).forEach(this::end);
  }

  private void end(LeftSocket s) {
    sockets.remove(s);
    s.listener.close();
    released();
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

  /** Returns the longest time that requests waited for the next receiver, in nanoseconds. */
  public long longestNanos() {
    return longest;
  }

  /**
   * Waits until requests of former receivers are complete, for the grace period of their listeners,
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
