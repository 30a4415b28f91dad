package dev.tethys.api.prometheus;

import dev.tethys.model.exposition.Registry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notifications for users of the server, such as a configuration that failed to load; listed and
 * pushed to subscribers as server-sent events.
 *
 * <p>Invariants, under the lock of this object: a text is at most once in {@link #current}; there
 * are never more than {@link #maxSubscribers} subscribers, each with at most {@link #QUEUE} waiting
 * events; further ones are dropped and counted.
 */
public final class Notifications implements AutoCloseable {
  /** The last configuration could not be loaded. */
  public static final String CONFIGURATION_FAILED = "Configuration reload has failed.";

  /** The store is being opened. */
  public static final String STARTING =
      "Prometheus is starting and replaying the write-ahead log (WAL).";

  /** The server is stopping. */
  public static final String STOPPING =
      "Prometheus is shutting down and gracefully stopping all operations.";

  private static final int QUEUE = 10;

  /** Interval of writes to an idle stream, which detect disconnected clients. */
  private static final long KEEP_ALIVE_SECONDS = 15;

  private record Notification(String text, Instant date, boolean active) {}

  private static final class Subscriber {
    final ArrayBlockingQueue<Notification> waiting = new ArrayBlockingQueue<>(QUEUE);
  }

  /** Marks the end of the stream for a subscriber. */
  private static final Notification END = new Notification("", Instant.EPOCH, false);

  private final int maxSubscribers;
  private final InstantSource clock;
  private final Map<String, Notification> current = new LinkedHashMap<>();
  private final Set<Subscriber> subscribers = new HashSet<>();
  private final Registry.Counter sent;
  private final Registry.Counter dropped;
  private boolean closed;

  /**
   * @param maxSubscribers {@code --web.max-notifications-subscribers}
   */
  public Notifications(int maxSubscribers, InstantSource clock, Registry registry) {
    this.maxSubscribers = maxSubscribers;
    this.clock = clock;
    registry.gauge(
        "prometheus_api_notification_active_subscribers",
        "The current number of active notification subscribers.",
        this::subscribers);
    this.sent =
        registry.counter(
            "prometheus_api_notification_updates_sent_total",
            "Total number of notification updates sent.");
    this.dropped =
        registry.counter(
            "prometheus_api_notification_updates_dropped_total",
            "Total number of notification updates dropped.");
  }

  /** Returns the number of subscribed clients. */
  public synchronized int subscribers() {
    return subscribers.size();
  }

  /** Adds a text, or updates the date of an existing one. */
  public synchronized void add(String text) {
    Notification n = new Notification(text, clock.instant(), true);
    current.put(text, n);
    publish(n);
  }

  /** Removes a text. */
  public synchronized void remove(String text) {
    Notification n = current.remove(text);
    if (n != null) {
      publish(new Notification(text, n.date(), false));
    }
  }

  private void publish(Notification n) {
    for (Subscriber s : subscribers) {
      sent.inc();
      if (!s.waiting.offer(n)) {
        dropped.inc();
      }
    }
  }

  private synchronized @Nullable Subscriber subscribe() {
    if (closed || subscribers.size() >= maxSubscribers) {
      return null;
    }
    Subscriber s = new Subscriber();
    for (Notification n : current.values()) {
      if (!s.waiting.offer(n)) {
        dropped.inc();
      }
    }
    subscribers.add(s);
    return s;
  }

  private synchronized void unsubscribe(Subscriber s) {
    subscribers.remove(s);
  }

  /** Ends all live streams. */
  @Override
  public synchronized void close() {
    closed = true;
    for (Subscriber s : subscribers) {
      s.waiting.clear();
      if (!s.waiting.offer(END)) {
        throw new AssertionError("an empty queue accepts one");
      }
    }
  }

  private synchronized List<Notification> all() {
    return new ArrayList<>(current.values());
  }

  void list(ApiCall call) throws IOException {
    List<Notification> all = all();
    call.data(
        out -> {
          out.put('[');
          for (int i = 0; i < all.size(); i++) {
            write(out.sep(i == 0), all.get(i));
          }
          out.put(']');
        });
  }

  private static void write(JsonOut out, Notification n) throws IOException {
    out.raw("{\"text\":").string(n.text());
    out.next("date").time(n.date());
    out.next("active").raw(String.valueOf(n.active())).put('}');
  }

  void live(ApiCall call) throws IOException {
    call.response().header("Content-Type", "text/event-stream").header("Cache-Control", "no-cache");
    Subscriber s = subscribe();
    if (s == null) {
      call.nothing();
      return;
    }
    try (OutputStream out = call.response().uncompressed().stream()) {
      out.flush();
      while (true) {
        Notification n = s.waiting.poll(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
        if (n == END) {
          return;
        }
        out.write(n == null ? ":\n\n".getBytes(StandardCharsets.US_ASCII) : event(n));
        out.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      unsubscribe(s);
    }
  }

  private static byte[] event(Notification n) throws IOException {
    byte[][] whole = new byte[1][];
    JsonOut out =
        new JsonOut(
            new JsonOut.Sink() {
              @Override
              public void whole(byte[] body, int length) {
                whole[0] = Arrays.copyOf(body, length);
              }

              @Override
              public OutputStream stream() {
                throw new AssertionError("events are short");
              }
            });
    out.raw("data: ");
    write(out, n);
    out.raw("\n\n").finish();
    return whole[0];
  }
}
