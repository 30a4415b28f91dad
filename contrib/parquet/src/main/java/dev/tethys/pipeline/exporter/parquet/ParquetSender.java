package dev.tethys.pipeline.exporter.parquet;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Collects requests into files. Each call waits until the file of its request is readable. Nothing
 * counts as delivered that a kill could lose, and the queue needs no knowledge of files. A file is
 * closed when it is large or old enough, when it holds as many requests as may be in flight, or
 * when the exporter stops.
 *
 * <p>Invariant: a request is in at most one group; an interrupted call removes its request from a
 * group that is still open.
 */
final class ParquetSender implements Sender {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

  private final ParquetSettings settings;
  private final Signal signal;
  private final FileTarget target;
  private final Scheduler clock;
  private final UnsupportedItemCounter leftOut;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private Group open = new Group();

  @GuardedBy("lock")
  private boolean hurried;

  ParquetSender(
      ParquetSettings settings,
      Signal signal,
      FileTarget target,
      Scheduler clock,
      UnsupportedItemCounter leftOut) {
    this.settings = settings;
    this.signal = signal;
    this.target = target;
    this.clock = clock;
    this.leftOut = leftOut;
  }

  /** Request of a group with its outcome. */
  private static final class Member {
    final byte[] body;
    final CompletableFuture<SendResult> result = new CompletableFuture<>();

    Member(byte[] body) {
      this.body = body;
    }
  }

  private static final class Group {
    final List<Member> members = new ArrayList<>();
    long bytes;
    Scheduler.Timer age = () -> {};
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    Member m;
    try {
      m = new Member(TableRequestEncoder.body(p));
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
    Group mine;
    boolean full;
    synchronized (lock) {
      mine = open;
      mine.members.add(m);
      mine.bytes += m.body.length;
      full =
          hurried
              || mine.bytes >= settings.fileBytes()
              || mine.members.size() >= settings.delivery().options().concurrency();
      if (full) {
        closed(mine);
      } else if (mine.members.size() == 1) {
        mine.age =
            clock.schedule(
                settings.fileAge(), () -> clock.execute("parquet file", () -> close(mine)));
      }
    }
    if (full) {
      write(mine);
    }
    try {
      return m.result.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw new IOException(cause == null ? e.toString() : String.valueOf(cause.getMessage()), e);
    } catch (InterruptedException e) {
      synchronized (lock) {
        if (open == mine && mine.members.remove(m)) {
          mine.bytes -= m.body.length;
        }
      }
      throw e;
    }
  }

  /**
   * Closes a group for further requests; returns whether it was open. The caller holds the lock.
   */
  @GuardedBy("lock")
  private boolean closed(Group g) {
    if (open != g) {
      return false;
    }
    open = new Group();
    g.age.cancel();
    return true;
  }

  private void close(Group g) {
    synchronized (lock) {
      if (!closed(g)) {
        return;
      }
    }
    write(g);
  }

  /** Writes all waiting requests now, and later ones immediately. */
  @Override
  public void flushBeforeStop() {
    Group g;
    synchronized (lock) {
      hurried = true;
      g = open;
    }
    clock.execute("parquet file", () -> close(g));
  }

  private void write(Group g) {
    if (g.members.isEmpty()) {
      return;
    }
    try {
      Partitions rows = new Partitions(settings, signal, clock.millis());
      List<Member> good = new ArrayList<>();
      for (Member m : g.members) {
        try {
          rows.add(m.body);
          good.add(m);
        } catch (CodecException e) {
          m.result.complete(new SendResult.Permanent(String.valueOf(e.getMessage())));
        }
      }
      String name =
          TIME.format(Instant.ofEpochMilli(clock.millis()))
              + "-"
              + UUID.randomUUID().toString().substring(0, 13);
      target.publish(rows.files(name));
      for (int i = rows.exemplars(); i > 0; i--) {
        leftOut.add(UnsupportedItemCounter.What.EXEMPLARS);
      }
      for (int i = rows.families(); i > 0; i--) {
        leftOut.add(UnsupportedItemCounter.What.METADATA);
      }
      good.forEach(m -> m.result.complete(SendResult.DELIVERED));
    } catch (IOException | RuntimeException | Error e) {
      g.members.forEach(m -> m.result.completeExceptionally(e));
      if (e instanceof Error x) {
        throw x;
      }
    } catch (InterruptedException e) {
      g.members.forEach(m -> m.result.completeExceptionally(e));
      Thread.currentThread().interrupt();
    }
  }
}
