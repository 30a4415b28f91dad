package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.MetricMetadata;
import dev.tethys.store.metrics.internal.encoding.ByteSource;
import dev.tethys.store.metrics.internal.encoding.DamageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record of the log as {@link BatchRecord} reads it, to be applied later, by another thread. Used
 * again and again. For one thread at a time.
 */
final class DecodedRecord implements BatchRecord.Replay {
  /** What one section, or one thing of it, does. */
  @FunctionalInterface
  private interface Part {
    void apply(BatchRecord.Replay to);
  }

  private final List<Part> parts = new ArrayList<>();
  private final Batch.Columns scratch = new Batch.Columns();
  private final List<Batch.Columns> columns = new ArrayList<>();
  private int columnsTaken;
  private int length;
  private @Nullable RuntimeException damage;

  /** Reads a payload, which is not needed afterwards. */
  void decode(ByteSource payload) {
    parts.clear();
    columnsTaken = 0;
    length = payload.remaining();
    damage = null;
    try {
      BatchRecord.read(payload, scratch, this);
    } catch (DamageException | IndexOutOfBoundsException e) {
      damage = e;
    }
  }

  /**
   * Applies everything, or what stands before what makes no sense.
   *
   * @return the bytes of the record if something of it made none; 0 mostly
   */
  int applyTo(BatchRecord.Replay to) {
    try {
      for (Part p : parts) {
        p.apply(to);
      }
    } catch (DamageException | IndexOutOfBoundsException e) {
      return length;
    }
    return damage == null ? 0 : length;
  }

  @Override
  public void series(int slot, int generation, byte[] canonical) {
    parts.add(to -> to.series(slot, generation, canonical));
  }

  @Override
  public void floats(boolean late, Batch.Columns read) {
    if (columnsTaken == columns.size()) {
      columns.add(new Batch.Columns());
    }
    Batch.Columns own = columns.get(columnsTaken++);
    own.swap(read);
    parts.add(to -> to.floats(late, own));
  }

  @Override
  public void histogram(boolean late, int slot, long time, long start, Histogram h) {
    parts.add(to -> to.histogram(late, slot, time, start, h));
  }

  @Override
  public void exemplar(int slot, Exemplar e) {
    parts.add(to -> to.exemplar(slot, e));
  }

  @Override
  public void metadata(String name, MetricMetadata m) {
    parts.add(to -> to.metadata(name, m));
  }

  @Override
  public void delete(long minTime, long maxTime, int[] slots) {
    parts.add(to -> to.delete(minTime, maxTime, slots));
  }
}
