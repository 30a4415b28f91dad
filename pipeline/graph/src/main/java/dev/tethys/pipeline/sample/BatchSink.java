package dev.tethys.pipeline.sample;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends appended samples to a consumer, one batch or a few per commit, in the remote write
 * encoding. No series is kept from one appender to the next.
 */
public final class BatchSink implements SampleSink {
  /** Writers that wait for the next appender. */
  private static final int MAX_IDLE = 8;

  /** Maximum buffer size of a writer that is kept. */
  private static final int KEEP_BYTES = 1 << 20;

  /** Distance of the references of two appenders. */
  private static final long APART = 1L << 32;

  private final Consumer to;
  private final AckCallback ack;
  private final AtomicLong bases = new AtomicLong();
  private final ArrayBlockingQueue<WriteRequestWriter> idle = new ArrayBlockingQueue<>(MAX_IDLE);

  /**
   * @param ack receives the outcome of each batch
   */
  public BatchSink(Consumer to, AckCallback ack) {
    this.to = to;
    this.ack = ack;
  }

  @Override
  public Appender appender() {
    return appender(0);
  }

  @Override
  public Appender appender(long lane) {
    WriteRequestWriter w = idle.poll();
    return new BatchAppender(
        this, lane, bases.getAndAdd(APART), w == null ? new WriteRequestWriter() : w);
  }

  void emit(Batch b) {
    to.consume(b, ack);
  }

  void takeBack(WriteRequestWriter w) {
    if (w.buffer().length <= KEEP_BYTES) {
      idle.offer(w.clear());
    }
  }
}
