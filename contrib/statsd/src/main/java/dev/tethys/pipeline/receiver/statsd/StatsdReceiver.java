package dev.tethys.pipeline.receiver.statsd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.statsd.StatsdReader;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.points.LineHandler;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.socket.DatagramListener;
import dev.tethys.web.socket.StreamListener;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Aggregates received values and sends them once per interval. A rejected interval is offered
 * again; meanwhile the next one grows within its bounds.
 */
final class StatsdReceiver implements Receiver {
  private static final int MAX_LINE = 64 << 10;
  private static final Duration IDLE = Duration.ofMinutes(10);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Consumer to;
  private final Scheduler clock;
  private final Duration interval;
  private final StatsdAggregator aggregator;
  private final SocketServerEndpoint endpoint;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private Scheduler.@Nullable Timer timer;

  @GuardedBy("lock")
  private @Nullable Batch pending;

  @GuardedBy("lock")
  private boolean underway;

  @GuardedBy("lock")
  private boolean stopped;

  StatsdReceiver(StatsdReceiverFactory.Settings s, Consumer to, Scheduler clock, PointTally tally) {
    this.to = to;
    this.clock = clock;
    this.interval = s.interval();
    this.aggregator = new StatsdAggregator(s.rules(), nanos());
    StatsdReader reader = new StatsdReader(s.tags());
    Set<PosixFilePermission> socket = s.socket();
    this.endpoint =
        socket != null
            ? PointSockets.datagrams(
                Path.of(s.endpoint()),
                socket,
                (buf, length) -> tally.refused("unixgram", aggregator.read(reader, buf, 0, length)))
            : s.udp()
                ? PointSockets.datagrams(
                    new DatagramListener.Options(s.endpoint()).withReceiveBuffer(s.socketBuffer()),
                    () ->
                        new DatagramListener.Handler() {
                          @Override
                          public void datagram(byte[] buf, int length, InetAddress from) {
                            tally.refused("udp", aggregator.read(reader, buf, 0, length));
                          }
                        })
                : PointSockets.lines(
                    new StreamListener.Options(s.endpoint(), IDLE),
                    MAX_LINE,
                    new LineHandler() {
                      @Override
                      public void line(byte[] buf, int offset, int length, long lane) {
                        tally.refused("tcp", aggregator.read(reader, buf, offset, length));
                      }

                      @Override
                      public void tooLong(long lines) {
                        tally.refused("tcp", lines, "lines longer than " + MAX_LINE + " bytes");
                      }
                    });
  }

  private long nanos() {
    return clock.millis() * 1_000_000;
  }

  int port() {
    return endpoint.port();
  }

  @Override
  public void start() throws IOException {
    endpoint.open();
    schedule(interval);
  }

  private void schedule(Duration after) {
    synchronized (lock) {
      if (!stopped) {
        timer = clock.schedule(after, () -> clock.execute("statsd", this::flush));
      }
    }
  }

  private @Nullable Batch batch() {
    MetricsData data = aggregator.take(nanos());
    int items = data.itemCount();
    return items == 0
        ? null
        : new Batch(Signal.METRICS, Encoding.OTLP, new OtlpWriter().write(data), items, 1L << 34);
  }

  /** Sends the rejected interval, or else a new one. */
  private void flush() {
    Batch b;
    synchronized (lock) {
      if (stopped || underway) {
        return;
      }
      if (pending == null) {
        pending = batch();
      }
      b = pending;
      underway = b != null;
    }
    if (b == null) {
      schedule(interval);
      return;
    }
    to.consume(b, this::settled);
  }

  private void settled(Outcome o) {
    boolean again = o instanceof Outcome.Unavailable;
    Batch last = null;
    synchronized (lock) {
      underway = false;
      if (again && stopped) {
        last = pending;
      }
      if (!again || stopped) {
        pending = null;
      }
      lock.notifyAll();
    }
    if (last != null) {
      to.consume(last, x -> {});
    }
    Duration asked = o instanceof Outcome.Unavailable u ? u.retryAfter() : Duration.ZERO;
    schedule(!again ? interval : asked.compareTo(RETRY) > 0 ? asked : RETRY);
  }

  @Override
  public List<Object> sockets() {
    Object s = endpoint.settings();
    return s == null ? List.of() : List.of(s);
  }

  @Override
  public boolean passesPorts() {
    return true;
  }

  @Override
  public void stop(Duration timeLimit) {
    endpoint.close();
    long until = System.nanoTime() + timeLimit.toNanos();
    Batch last;
    synchronized (lock) {
      stopped = true;
      if (timer != null) {
        timer.cancel();
      }
      await(until);
      last = underway ? null : pending; // an interval in flight would be counted twice
      if (last != null) {
        pending = null;
      }
    }
    if (last != null) {
      to.consume(last, o -> {});
    }
    Batch rest = batch();
    aggregator.close();
    if (rest != null) {
      synchronized (lock) {
        underway = true;
      }
      to.consume(rest, this::settled);
      synchronized (lock) {
        await(until);
      }
    }
  }

  /** Waits until the interval in flight is settled or the time is up. Called with the lock. */
  @GuardedBy("lock")
  private void await(long until) {
    try {
      while (underway) {
        long remaining = (until - System.nanoTime()) / 1_000_000;
        if (remaining <= 0) {
          return;
        }
        lock.wait(remaining);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
