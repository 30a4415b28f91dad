package dev.tethys.model.storage;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import org.jspecify.annotations.Nullable;

/**
 * One batch of samples on its way into a store: nothing of it is seen by readers before {@link
 * #commit()} returns, and after that it survives the process. Not thread-safe.
 *
 * <p>A series is first resolved to a reference, then appended to by it. References are valid for
 * all appenders of the store until the series leaves memory; an append then returns {@link
 * #NO_SERIES}, and the caller resolves again.
 *
 * <p>What a sample can be refused for is an {@link Outcome}, not an exception: a bad sample never
 * breaks its batch.
 */
public interface Appender extends AutoCloseable {
  /** No series has this reference. */
  long NO_SERIES = 0;

  /** Result of appending one sample. */
  enum Outcome {
    /** Taken. */
    OK,
    /** The reference is no longer known: resolve the labels again. */
    UNKNOWN_SERIES,
    /** Older than the newest sample and outside the out-of-order window. */
    OUT_OF_ORDER,
    /** Older than the out-of-order window. */
    TOO_OLD,
    /** Older than the store accepts, or too far in the future. */
    OUT_OF_BOUNDS,
    /** The series has another value at this timestamp. */
    DUPLICATE_TIMESTAMP,
    /** The histogram is inconsistent. */
    INVALID_HISTOGRAM
  }

  /**
   * The reference of a series, which is created if it is new.
   *
   * @throws StorageException if a limit forbids a new series or the labels are not valid
   */
  long series(Labels labels);

  /**
   * Like {@link #series(Labels)} for labels in an encoding of the caller's: the store remembers
   * which series these very bytes meant last time and calls the decoder only for bytes it has not
   * seen.
   *
   * @throws StorageException as above, and any exception of the decoder
   */
  long series(byte[] buf, int offset, int length, LabelDecoder decoder);

  /**
   * The reference of a series whose labels were resolved earlier from exactly these bytes by this
   * decoder; {@link #NO_SERIES} if the store does not know it. Creates nothing.
   */
  default long known(byte[] buf, int offset, int length, LabelDecoder decoder) {
    return NO_SERIES;
  }

  /** Decodes canonical bytes of labels, see {@link Labels}. */
  LabelDecoder CANONICAL =
      (b, offset, length) ->
          Labels.ofCanonicalBytes(java.util.Arrays.copyOfRange(b, offset, offset + length));

  /** Decodes label bytes that are new to the store. */
  @FunctionalInterface
  interface LabelDecoder {
    /** Labels of the bytes. The identity of the instance distinguishes encodings. */
    Labels decode(byte[] buf, int offset, int length);
  }

  /** The labels of a series, null if the reference is no longer known. */
  @Nullable Labels labels(long series);

  /** Appends a float; {@code startTimestamp} 0 if unknown. */
  Outcome append(long series, long startTimestamp, long timestamp, double value);

  /** Appends a histogram; {@code startTimestamp} 0 if unknown. */
  Outcome append(long series, long startTimestamp, long timestamp, Histogram histogram);

  /** Appends an exemplar; one equal to the newest of its series is accepted silently. */
  Outcome append(long series, Exemplar exemplar);

  /** Stores the metadata of a metric family. */
  void metadata(String metricName, MetricMetadata metadata);

  /** Whether {@link #families} has any effect. */
  default boolean takesFamilies() {
    return false;
  }

  /** Sets the metadata of everything that the batch holds. The set is kept by reference. */
  default void families(MetricFamilies families) {}

  /**
   * Makes the batch durable and visible.
   *
   * @throws StorageException if it could not be made durable: then none of it is visible
   */
  void commit();

  /** Discards uncommitted samples. */
  @Override
  void close();
}
