package dev.tethys.pipeline.batching;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.RequestSlices.Slice;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.DeliverySettings.Batching;
import dev.tethys.pipeline.delivery.DeliverySettings.Sizer;
import dev.tethys.pipeline.delivery.DrainScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Merges batches until they are large or old enough, and splits oversized batches. Callbacks are
 * kept: each source receives the outcome of its own items.
 *
 * <p>Merging decodes nothing: bytes are concatenated; trees stay trees; profiles get a common
 * dictionary. Batches with a lane are merged with others whose lanes fall into the same of {@link
 * #ORDERED} groups and continue in that group's lane, so their order is kept.
 *
 * <p>Invariants: a group holds less than its trigger size plus one batch; the number of groups is
 * bounded by the limit of metadata combinations. After a stop, batches pass through.
 */
public final class Batcher implements Consumer {
  /** Groups of batches with lanes. */
  static final int ORDERED = 8;

  private static final int MAX_BYTES = Integer.MAX_VALUE - (1 << 20);

  /** Time after which the next component counts as blocked. */
  private static final Duration LONGEST_WAY = Duration.ofSeconds(5);

  /** Counters of a batcher. */
  public interface Meter {
    /** A batch was sent on. */
    void sent(int items, int bytes, boolean becauseOfSize);

    /** A batch was rejected. */
    void rejected(int items);
  }

  private record Key(Signal signal, Encoding encoding, Metadata metadata, int order) {}

  private final Batching options;
  private final int maxGroups;
  private final Scheduler clock;
  private final String name;
  private final Consumer next;
  private final Meter meter;

  @GuardedBy("itself")
  private final Map<Key, Group> groups = new HashMap<>();

  private volatile boolean stopped;

  /** Read-locked while held items are sent on; write-locked by a thread that waits for that. */
  private final ReentrantReadWriteLock running = new ReentrantReadWriteLock();

  /**
   * A batcher.
   *
   * @param maxGroups most combinations of metadata
   */
  public Batcher(
      Batching options, int maxGroups, Scheduler clock, String name, Consumer next, Meter meter) {
    this.options = options;
    this.maxGroups = maxGroups;
    this.clock = clock;
    this.name = name;
    this.next = next;
    this.meter = meter;
  }

  @Override
  public void consume(Batch batch, AckCallback ack) {
    if (stopped || options.after().isZero()) {
      send(List.of(batch), List.of(new AckCallback.Part(ack, batch.items())), batch.lane(), true);
      return;
    }
    Metadata m = batch.metadata().only(options.metadataKeys());
    int order = batch.lane() == 0 ? 0 : 1 + (int) (mix(batch.lane()) % ORDERED);
    Key key = new Key(batch.signal(), batch.encoding(), m, order);
    Group g;
    synchronized (groups) {
      g = groups.get(key);
      if (g == null) {
        if (!m.isEmpty() && groups.size() >= maxGroups) {
          g = null;
        } else {
          g = new Group(key);
          groups.put(key, g);
        }
      }
    }
    if (g == null) {
      meter.rejected(batch.items());
      ack.complete(
          new Outcome.Rejected(
              name + ": there are more than " + maxGroups + " combinations of metadata",
              batch.items()));
      return;
    }
    g.add(batch, ack);
  }

  private static long mix(long lane) {
    return (lane * 0x9E3779B97F4A7C15L) >>> 33;
  }

  /** Sends held batches like {@link #flush()}; from now on batches pass through. */
  public void stop(Duration timeLimit) {
    stopped = true;
    flush(timeLimit);
  }

  /**
   * Forwards the held items, and waits briefly for other threads that are sending: all items taken
   * before have been forwarded then, even if they had just become due.
   */
  public void flush() {
    flush(LONGEST_WAY);
  }

  private void flush(Duration timeLimit) {
    List<Group> all;
    synchronized (groups) {
      all = List.copyOf(groups.values());
    }
    all.forEach(g -> g.flush(false));
    try {
      if (running.writeLock().tryLock(timeLimit.toNanos(), TimeUnit.NANOSECONDS)) {
        running.writeLock().unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Encoded message without the metadata shared by batches of one source. */
  private static byte[] bytes(Batch b) {
    return b.encoding() == Encoding.REMOTE_WRITE ? b.series() : b.body();
  }

  private long size(Batch b) {
    return options.sizer() == Sizer.BYTES ? bytes(b).length : b.items();
  }

  /** Batches of the same kind that wait to be merged. */
  private final class Group {
    private final Key key;
    private final ReentrantLock lock = new ReentrantLock();

    /** Held while batches with lanes are sent, so that none overtakes another. */
    private final ReentrantLock sending = new ReentrantLock();

    private List<Batch> batches = new ArrayList<>();
    private List<AckCallback.Part> parts = new ArrayList<>();
    private long size;
    private long bytes;
    private boolean mayWait; // any of its sources
    private Scheduler.@Nullable Timer timer;

    Group(Key key) {
      this.key = key;
    }

    void add(Batch batch, AckCallback ack) {
      boolean full;
      lock.lock();
      try {
        if (bytes + batch.size() > MAX_BYTES) {
          lock.unlock();
          try {
            flush(true);
          } finally {
            lock.lock();
          }
        }
        mayWait |= DrainScope.mayWait();
        batches.add(batch);
        parts.add(new AckCallback.Part(ack, batch.items()));
        size += size(batch);
        bytes += batch.size();
        full = size >= Math.max(1, options.minSize()) || stopped;
        if (!full && timer == null) {
          timer = clock.schedule(options.after(), () -> clock.execute(name, () -> flush(false)));
        }
      } finally {
        lock.unlock();
      }
      if (full) {
        flush(true);
      }
    }

    void flush(boolean becauseOfSize) {
      running.readLock().lock();
      try {
        sendOn(becauseOfSize);
      } finally {
        running.readLock().unlock();
      }
    }

    private void sendOn(boolean becauseOfSize) {
      boolean ordered = key.order != 0;
      if (ordered) {
        sending.lock();
      }
      try {
        List<Batch> b;
        List<AckCallback.Part> p;
        boolean waiting;
        lock.lock();
        try {
          if (timer != null) {
            timer.cancel();
            timer = null;
          }
          if (batches.isEmpty()) {
            return;
          }
          b = batches;
          p = parts;
          batches = new ArrayList<>(b.size());
          parts = new ArrayList<>(p.size());
          size = 0;
          bytes = 0;
          waiting = mayWait;
          mayWait = false;
        } finally {
          lock.unlock();
        }
        long lane = b.size() == 1 ? b.getFirst().lane() : lane();
        if (waiting) { // whichever thread has made it complete
          DrainScope.waiting(() -> send(b, p, lane, becauseOfSize));
        } else {
          send(b, p, lane, becauseOfSize);
        }
      } finally {
        if (ordered) {
          sending.unlock();
        }
      }
    }

    private long lane() {
      return key.order == 0 ? 0 : Long.MIN_VALUE + key.order;
    }
  }

  private void send(
      List<Batch> batches, List<AckCallback.Part> parts, long lane, boolean becauseOfSize) {
    Batch first = batches.getFirst();
    Metadata m =
        batches.size() == 1 ? first.metadata() : first.metadata().only(options.metadataKeys());
    Batch joined = Batch.join(batches, lane, m);
    AckCallback ack = AckCallback.all(parts);
    List<Batch> pieces = split(joined);
    AckCallback each = AckCallback.parts(ack, pieces.size());
    for (Batch p : pieces) {
      meter.sent(p.items(), p.size(), becauseOfSize);
      next.consume(p, each);
    }
  }

  private List<Batch> split(Batch b) {
    long max = options.maxSize();
    if (max == 0 || size(b) <= max) {
      return List.of(b);
    }
    int limit = (int) Math.min(max, Integer.MAX_VALUE);
    int maxItems = options.sizer() == Sizer.BYTES ? Integer.MAX_VALUE : limit;
    int maxBytes = options.sizer() == Sizer.BYTES ? limit : Integer.MAX_VALUE;
    List<Batch> out = new ArrayList<>();
    try {
      switch (b.encoding()) {
        case OTLP -> {
          for (OtlpScanner.Part p :
              OtlpScanner.split(b.signal().otlp(), b.body(), maxItems, maxBytes)) {
            out.add(b.with(p.body(), p.items()));
          }
        }
        case REMOTE_WRITE -> {
          cut(b, maxItems, maxBytes, out);
        }
      }
    } catch (dev.tethys.codec.CodecException e) {
      return List.of(b); // malformed: refused by its reader
    }
    return out.isEmpty() ? List.of(b) : out;
  }

  /** Cuts between points, each part with the metadata of its series. */
  private static void cut(Batch b, int maxItems, int maxBytes, List<Batch> out) {
    byte[] body = b.series();
    RequestSlices r = new RequestSlices().reset(body, 0, body.length).withFamilies().trackPoints();
    List<Slice> part = new ArrayList<>();
    int from = 0; // of the possibly incomplete point
    int items = 0;
    long bytes = 0;
    while (r.next()) {
      if (!r.isSeries()) {
        continue;
      }
      Slice s = r.slice();
      if (!r.continuesPoint()) {
        from = part.size();
      }
      if (!part.isEmpty() && (items + s.samples() > maxItems || bytes + s.length() > maxBytes)) {
        int end = from == 0 ? part.size() : from;
        add(b, body, part.subList(0, end), out);
        part = new ArrayList<>(part.subList(end, part.size()));
        from = 0;
        items = part.stream().mapToInt(Slice::samples).sum();
        bytes = part.stream().mapToLong(Slice::length).sum();
      }
      part.add(s);
      items += s.samples();
      bytes += s.length();
    }
    part.addAll(r.unused());
    add(b, body, part, out);
  }

  private static void add(Batch b, byte[] body, List<Slice> part, List<Batch> out) {
    if (!part.isEmpty()) {
      int items = part.stream().mapToInt(Slice::samples).sum();
      out.add(b.withSeries(RequestSlices.join(body, part), items));
    }
  }
}
