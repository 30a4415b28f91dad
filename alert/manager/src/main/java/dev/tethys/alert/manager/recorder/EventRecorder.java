package dev.tethys.alert.manager.recorder;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Records events: they are queued and written by one thread to every output.
 *
 * <p>Invariants: callers never wait; at most {@link #CAPACITY} events are queued, and further ones
 * are dropped and counted. Outputs are used and changed under {@code this} alone; if one output of
 * a configuration cannot be opened, nothing changes, unless it is the first configuration.
 */
public final class EventRecorder implements AutoCloseable {
  /** Maximum number of events waiting to be written; the same as in Alertmanager. */
  static final int CAPACITY = 8192;

  private static final System.Logger LOG = JulLogger.of(EventRecorder.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /**
   * Process that records the events.
   *
   * @param instance the host
   * @param version program version
   * @param build further build information
   */
  public record Origin(String instance, String version, String build) {}

  private record Waiting(Instant at, EventKind kind, Consumer<EventFields> body) {}

  private record Open(OutputConfig config, EventOutput output) {}

  private final Origin origin;
  private final InstantSource clock;
  private final @Nullable OutputContext context;
  private final BoundedQueue<Waiting> queue = new BoundedQueue<>(CAPACITY);

  @GuardedBy("this")
  private final List<Thread> ending = new ArrayList<>();

  @GuardedBy("this")
  private @Nullable List<OutputConfig> configured;

  @GuardedBy("this")
  private List<Open> outputs = List.of();

  private volatile boolean unheard; // configured without outputs
  private volatile IntSupplier position = () -> 0;

  @GuardedBy("this")
  private @Nullable Thread writer;

  private EventRecorder(
      Origin origin,
      @Nullable HttpClientFactory clients,
      @Nullable Registry registry,
      OutputStream stdout,
      KafkaTopics kafka,
      InstantSource clock) {
    this.origin = origin;
    this.clock = clock;
    if (clients == null || registry == null) {
      context = null;
      return;
    }
    context =
        new OutputContext(origin.instance, clients, stdout, kafka, new RecorderMetrics(registry));
    registry.gauge(
        "alertmanager_event_recorder_queue_length",
        "Current number of events waiting in the event recorder write queue.",
        queue::size);
    record(
        EventKind.STARTUP,
        f -> {
          f.text(1, "version", origin.version);
          f.text(2, "buildContext", origin.build);
        });
  }

  /** Returns a recorder that discards all events, regardless of the configuration. */
  public static EventRecorder off() {
    return new EventRecorder(
        new Origin("", "", ""),
        null,
        null,
        OutputStream.nullOutputStream(),
        target -> {
          throw new IOException("nothing is recorded");
        },
        InstantSource.system());
  }

  /**
   * Creates a recorder whose first event is the start of the program; events are queued until it is
   * configured.
   */
  public static EventRecorder of(
      Origin origin,
      HttpClientFactory clients,
      Registry registry,
      OutputStream stdout,
      KafkaTopics kafka,
      InstantSource clock) {
    return new EventRecorder(origin, clients, registry, stdout, kafka, clock);
  }

  /** Sets the position of this Alertmanager in its cluster. */
  public void position(IntSupplier of) {
    position = of;
  }

  /**
   * Records an event.
   *
   * @param body writes its message, later, on another thread
   */
  public void record(EventKind kind, Consumer<EventFields> body) {
    OutputContext c = context;
    if (c == null || unheard) {
      return;
    }
    if (!queue.offer(new Waiting(clock.instant(), kind, body))) {
      c.metrics().dropped(kind);
    }
  }

  /** Switches the outputs of all further events, including events not yet written. */
  public void apply(List<OutputConfig> wanted) {
    OutputContext c = context;
    if (c == null) {
      if (!wanted.isEmpty()) {
        LOG.log(
            Level.WARNING,
            "event_recorder is configured, but nothing is recorded without"
                + " --enable-feature=event-recorder");
      }
      return;
    }
    List<Open> fresh = new ArrayList<>();
    synchronized (this) {
      if (queue.isClosed() || wanted.equals(configured)) {
        return;
      }
      for (OutputConfig o : wanted) {
        try {
          fresh.add(new Open(o, o.open(c)));
        } catch (IOException e) {
          LOG.log(
              Level.ERROR,
              "events are not recorded to {0}: {1}",
              o.name(),
              e.getMessage() == null ? e : e.getMessage());
        }
      }
      if (configured != null && fresh.size() < wanted.size()) {
        LOG.log(Level.ERROR, "Event outputs not replaced, previous outputs stay in use");
        end(fresh);
        return;
      }
      end(outputs);
      outputs = List.copyOf(fresh);
      configured = List.copyOf(wanted);
      unheard = fresh.isEmpty();
      if (writer == null) {
        writer =
            Thread.ofVirtual()
                .name("event-recorder")
                .start(SupervisedLoop.of("event_recorder", this::run));
      }
    }
  }

  /** Closes outputs in the background, since writing their events may take time. */
  @GuardedBy("this")
  private void end(List<Open> old) {
    ending.removeIf(t -> !t.isAlive());
    if (!old.isEmpty()) {
      ending.add(Thread.ofVirtual().name("event-recorder-end").start(() -> close(old)));
    }
  }

  private static void close(List<Open> some) {
    for (Open o : some) {
      try {
        o.output.close();
      } catch (IOException e) {
        LOG.log(Level.ERROR, "{0} could not be closed: {1}", o.config.name(), e.getMessage());
      }
    }
  }

  private void run() {
    try {
      for (Waiting w = queue.take(); w != null; w = queue.take()) {
        // Read here, since callers may hold locks that the cluster's threads wait for.
        RecordedEvent e =
            new RecordedEvent(w.at, origin.instance, position.getAsInt(), w.kind, w.body);
        synchronized (this) {
          for (Open o : outputs) {
            write(e, o);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(RecordedEvent e, Open o) {
    RecorderMetrics metrics = java.util.Objects.requireNonNull(context).metrics();
    try {
      metrics.written(e.kind(), o.config.name(), o.output.send(e));
    } catch (IOException x) {
      metrics.failed(e.kind(), o.config.name());
      PEER_LOG.log(
          Level.ERROR,
          "an event {0} was not recorded to {1}: {2}",
          e.kind().text(),
          o.config.name(),
          x.getMessage());
    } catch (RuntimeException x) { // one event that cannot be encoded costs no other
      metrics.unencoded(e.kind());
      metrics.failed(e.kind(), o.config.name());
      PEER_LOG.failure(Level.ERROR, "Event not encoded", e.kind().text(), x);
    }
  }

  /** Records the program's shutdown and writes the queued events. */
  @Override
  public void close() {
    if (context == null) {
      return;
    }
    record(EventKind.SHUTDOWN, f -> {});
    queue.close();
    List<Thread> last;
    synchronized (this) {
      last = new ArrayList<>(ending);
      if (writer != null) {
        last.add(writer);
      }
    }
    try {
      for (Thread t : last) {
        t.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      close(outputs);
      outputs = List.of();
    }
  }
}
