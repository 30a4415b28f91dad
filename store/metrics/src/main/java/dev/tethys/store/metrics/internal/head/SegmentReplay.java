package dev.tethys.store.metrics.internal.head;

import dev.tethys.store.metrics.internal.wal.Frames;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Brings back what segments of the log say, before anybody else uses the head. While one thread
 * puts the samples of a record in their place, another reads, checks and decodes the next ones:
 * half of the work is there. For one thread.
 */
public final class SegmentReplay {
  /** Records that may be decoded before they are applied. */
  private static final int AHEAD = 8;

  private static final DecodedRecord END = new DecodedRecord();

  private final LogReplay head;
  private final BlockingQueue<DecodedRecord> decoded = new ArrayBlockingQueue<>(AHEAD);
  private final BlockingQueue<DecodedRecord> spare = new ArrayBlockingQueue<>(AHEAD + 2);

  SegmentReplay(LogReplay head) {
    this.head = head;
  }

  /** The records of a segment. */
  @FunctionalInterface
  public interface Segment {
    /** Visits every sound frame. */
    Frames.Found read(Frames.Visitor to) throws IOException;
  }

  /**
   * What came of a segment.
   *
   * @param senselessBytes bytes of sound frames whose content made no sense, or not all of it
   */
  public record Replayed(Frames.Found found, long senselessBytes) {}

  /** Replays a segment that is so short that a second thread does not pay. */
  public Replayed brief(Segment segment) throws IOException {
    DecodedRecord r = new DecodedRecord();
    long[] senseless = new long[1];
    Frames.Found found =
        segment.read(
            payload -> {
              r.decode(payload);
              senseless[0] += head.replay(r);
            });
    return new Replayed(found, senseless[0]);
  }

  /**
   * Replays a segment.
   *
   * @throws IOException when it cannot be read: what stands before has been replayed
   */
  public Replayed replay(Segment segment) throws IOException {
    FutureTask<Frames.Found> reading = new FutureTask<>(() -> read(segment));
    Thread.ofPlatform().daemon().name("log-reader").start(reading);
    try {
      long senseless = 0;
      for (DecodedRecord r = decoded.take(); r != END; r = decoded.take()) {
        senseless += head.replay(r);
        spare.offer(r);
      }
      return new Replayed(reading.get(), senseless);
    } catch (InterruptedException | CancellationException e) {
      throw (IOException) new InterruptedIOException("recovery was interrupted").initCause(e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException x -> throw x;
        case RuntimeException x -> throw x;
        case Error x -> throw x;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      reading.cancel(true); // has ended, unless applying has failed
      decoded.clear();
    }
  }

  private Frames.Found read(Segment segment) throws IOException, InterruptedException {
    try {
      return segment.read(
          payload -> {
            DecodedRecord r = spare.poll();
            if (r == null) {
              r = new DecodedRecord();
            }
            r.decode(payload);
            put(r);
          });
    } finally {
      put(END);
    }
  }

  private void put(DecodedRecord r) {
    try {
      decoded.put(r);
    } catch (InterruptedException e) {
      throw (CancellationException) new CancellationException().initCause(e);
    }
  }
}
