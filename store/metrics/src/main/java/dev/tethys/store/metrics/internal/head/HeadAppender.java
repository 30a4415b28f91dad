package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.HistogramCheck;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StorageException;
import org.jspecify.annotations.Nullable;

/**
 * A batch on its way into the head. Its response to a sample is the same as if all preceding
 * samples had already been committed.
 */
final class HeadAppender implements Appender {
  private final Head head;
  private final Fingerprint fingerprint;
  private final long epoch;
  private final long departures;
  private final long floor; // in-order samples are not older
  private final long ceiling; // no sample is newer
  private final long present; // the largest number unless the store has newer samples
  private final long lateFloor; // late samples are not older
  private final boolean takesLate;
  private @Nullable AppendBatch batch;
  private int lastSlot;
  private long resolved; // the last reference that was found; 0 at first
  private int stripeNumber = -1; // of the last sample, and the newest that any of it had by then
  private long stripeNewest;
  private int misses;
  private @Nullable LabelDecoder lastDecoder;
  private int lastSalt;

  // The state of a commit, guarded by the commit lock.
  boolean done;
  @Nullable RuntimeException failure;

  /**
   * @param epoch truncation epoch, read before this call
   * @param departures likewise
   */
  HeadAppender(Head head, Fingerprint fingerprint, AppendBatch batch, long epoch, long departures) {
    this.head = head;
    this.fingerprint = fingerprint;
    this.batch = batch;
    this.epoch = epoch;
    this.departures = departures;
    HeadSettings s = head.settings();
    ceiling = head.ceiling();
    present = head.presentIfAhead(ceiling);
    floor = head.appendFloor(present);
    takesLate = s.lateWindow() > 0;
    long newest = Math.min(head.maxTime(), present);
    lateFloor =
        s.lateWindow() == HeadSettings.ANY_AGE || newest == Long.MIN_VALUE
            ? Long.MIN_VALUE
            : newest - s.lateWindow();
  }

  long epoch() {
    return epoch;
  }

  /** Whether all found series still have the same identity; holds the commit lock. */
  boolean areSeriesCurrent() {
    return departures == head.truncation().departures();
  }

  AppendBatch batch() {
    AppendBatch b = batch;
    if (b == null) {
      throw new IllegalStateException("the appender is closed");
    }
    return b;
  }

  @Override
  public long series(Labels labels) {
    batch();
    return head.admission.series(labels, 0, 0, false);
  }

  @Override
  public long series(byte[] buf, int offset, int length, LabelDecoder decoder) {
    long ref = known(buf, offset, length, decoder);
    if (ref != NO_SERIES) {
      return ref;
    }
    if (lastSalt == 0) {
      return head.admission.series(decoder.decode(buf, offset, length), 0, 0, false);
    }
    long high = fingerprint.high;
    long low = fingerprint.low;
    return foundAfterAll(
        head.admission.series(decoder.decode(buf, offset, length), high, low, true));
  }

  @Override
  public long known(byte[] buf, int offset, int length, LabelDecoder decoder) {
    batch();
    if (decoder != lastDecoder) {
      lastSalt = head.admission.salt(decoder);
      lastDecoder = decoder;
    }
    if (lastSalt == 0) {
      return NO_SERIES;
    }
    Fingerprint f = fingerprint;
    SeriesKeys keys = head.keys();
    if (guesses(keys)) {
      int slot = keys.successor(lastSlot);
      long ref = keys.expected(slot, f.low(buf, offset, length, lastSalt));
      if (ref != 0) {
        misses = 0;
        lastSlot = slot;
        resolved = ref;
        return ref;
      }
    }
    f.hash(buf, offset, length, lastSalt);
    long ref = keys.find(f.high, f.low);
    if (ref == 0) {
      ref = head.admission.otherEncoding(f.high, f.low);
    }
    return ref == 0 ? NO_SERIES : foundAfterAll(ref);
  }

  /** Whether a guess is worthwhile: most are skipped while guesses fail (a changing order). */
  private boolean guesses(SeriesKeys keys) {
    return lastSlot < keys.capacity() && (misses < 8 || (misses & 15) == 0);
  }

  /** Records a series that no guess was right about. */
  private long foundAfterAll(long ref) {
    SeriesKeys keys = head.keys();
    if (guesses(keys)) {
      keys.follow(lastSlot, (int) ref);
    }
    misses++;
    lastSlot = (int) ref;
    resolved = ref;
    return ref;
  }

  @Override
  public @Nullable Labels labels(long series) {
    batch();
    int slot = (int) series;
    return isThere(slot, (int) (series >>> 32)) ? head.labels(slot) : null;
  }

  @Override
  public Outcome append(long series, long startTimestamp, long timestamp, double value) {
    AppendBatch b = batch();
    int slot = (int) series;
    int generation = (int) (series >>> 32);
    if ((series != resolved || slot == 0) && !isThere(slot, generation)) {
      head.counters.notFound.increment();
      return Outcome.UNKNOWN_SERIES;
    }
    long bits = Double.doubleToRawLongBits(value);
    int i = b.pending(slot);
    if (i >= 0 && timestamp <= b.times[i]) {
      if (timestamp == b.times[i]) {
        return bits == b.bits[i] ? Outcome.OK : Outcome.DUPLICATE_TIMESTAMP;
      }
      Outcome o = late(timestamp);
      if (o != Outcome.OK) {
        return o;
      }
    } else if (i < 0 && !isNewToAll(slot, timestamp)) {
      Stripe stripe = head.stripe(slot);
      long last = stripe.newest.get(slot & 63);
      if (timestamp <= last || timestamp < floor) {
        Outcome o = old(stripe, slot, last, timestamp, bits, null);
        if (o != null) {
          return o;
        }
      } else if (timestamp < head.minValidTime()) {
        Outcome o = head.duplicates.lateDuplicate(stripe, slot & 63, timestamp, bits, null);
        if (o != null) {
          return o;
        }
      }
    }
    if (timestamp > ceiling) {
      head.counters.outOfBounds.increment();
      return Outcome.OUT_OF_BOUNDS;
    }
    b.add(slot, generation, timestamp, bits, startTimestamp);
    return Outcome.OK;
  }

  private boolean isThere(int slot, int generation) {
    SeriesKeys keys = head.keys();
    return slot > 0 && slot < keys.capacity() && keys.generations.get(slot) == generation;
  }

  /** Whether a sample is in order because it is newer than those of all series of its stripe. */
  private boolean isNewToAll(int slot, long timestamp) {
    if (slot >>> 6 != stripeNumber) {
      stripeNumber = slot >>> 6;
      stripeNewest = head.stripe(slot).newest.latest();
    }
    return timestamp > stripeNewest && timestamp >= floor && timestamp >= head.minValidTime();
  }

  /**
   * Returns the outcome of a sample that is not newer than the newest of its series; null to add
   * it.
   */
  private @Nullable Outcome old(
      Stripe stripe, int slot, long last, long time, long bits, @Nullable Histogram h) {
    if (time == last && time >= floor) {
      return head.duplicates.sameAsNewest(stripe, slot & 63, bits, h)
          ? Outcome.OK
          : Outcome.DUPLICATE_TIMESTAMP;
    }
    // A series with a sample of a time to come takes those of the present as late ones.
    Outcome o = last > present && time >= floor ? Outcome.OK : late(time);
    if (o != Outcome.OK) {
      return o;
    }
    return head.duplicates.lateDuplicate(stripe, slot & 63, time, bits, h);
  }

  private Outcome late(long time) {
    if (takesLate) {
      if (time >= lateFloor) {
        return Outcome.OK;
      }
      head.counters.tooOld.increment();
      return Outcome.TOO_OLD;
    }
    if (time < floor) {
      head.counters.outOfBounds.increment();
      return Outcome.OUT_OF_BOUNDS;
    }
    head.counters.outOfOrder.increment();
    return Outcome.OUT_OF_ORDER;
  }

  @Override
  public Outcome append(long series, long startTimestamp, long timestamp, Histogram histogram) {
    AppendBatch b = batch();
    int slot = (int) series;
    int generation = (int) (series >>> 32);
    if (!isThere(slot, generation)) {
      head.counters.notFound.increment();
      return Outcome.UNKNOWN_SERIES;
    }
    if (HistogramCheck.problem(histogram) != null) {
      return Outcome.INVALID_HISTOGRAM;
    }
    for (int i = b.histograms.size() - 1; i >= 0; i--) {
      AppendBatch.HistogramSample s = b.histograms.get(i);
      if (s.slot() == slot) {
        if (timestamp == s.time()) {
          return histogram.equals(s.histogram()) ? Outcome.OK : Outcome.DUPLICATE_TIMESTAMP;
        }
        if (timestamp < s.time()) {
          Outcome o = late(timestamp);
          if (o != Outcome.OK) {
            return o;
          }
        }
        break;
      }
      if (b.histograms.size() - i > AppendBatch.MAX_LOOK_BACK) {
        break;
      }
    }
    Stripe stripe = head.stripe(slot);
    long last = stripe.newest.get(slot & 63);
    if (timestamp <= last || timestamp < floor) {
      Outcome o = old(stripe, slot, last, timestamp, 0, histogram);
      if (o != null) {
        return o;
      }
    } else if (timestamp < head.minValidTime()) {
      Outcome o = head.duplicates.lateDuplicate(stripe, slot & 63, timestamp, 0, histogram);
      if (o != null) {
        return o;
      }
    }
    if (timestamp > ceiling) {
      head.counters.outOfBounds.increment();
      return Outcome.OUT_OF_BOUNDS;
    }
    b.addHistogram(slot, generation, startTimestamp, timestamp, histogram);
    return Outcome.OK;
  }

  @Override
  public Outcome append(long series, Exemplar exemplar) {
    AppendBatch b = batch();
    int slot = (int) series;
    int generation = (int) (series >>> 32);
    if (!isThere(slot, generation)) {
      head.counters.notFound.increment();
      return Outcome.UNKNOWN_SERIES;
    }
    if (exemplar.timestamp() > ceiling) {
      return Outcome.OUT_OF_BOUNDS;
    }
    Outcome o = head.checkExemplar(slot, exemplar);
    if (o == Outcome.OK) {
      b.exemplars.add(new AppendBatch.ExemplarSample(slot, generation, exemplar));
    }
    return o;
  }

  @Override
  public void metadata(String metricName, MetricMetadata metadata) {
    if (head.metadata.accepts(metricName, metadata)) {
      batch().metadata.put(metricName, metadata);
    }
  }

  @Override
  public void commit() {
    AppendBatch b = batch();
    try {
      if (!b.isEmpty() || head.admission.unlogged() > 0) {
        head.commit(this);
      }
    } finally {
      close();
    }
  }

  @Override
  public void close() {
    AppendBatch b = batch;
    if (b != null) {
      batch = null;
      head.release(this, b);
    }
  }

  /** Message for a commit rejected because of a failing disk. */
  static StorageException notDurable(Exception cause) {
    return new StorageException(
        StorageException.Reason.UNAVAILABLE,
        "the samples could not be written to the write-ahead log: "
            + cause.getMessage()
            + "; nothing of the batch was stored. Check the disk and send it again",
        cause);
  }
}
