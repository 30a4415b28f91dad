package dev.tethys.codec.exposition;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pull parser of one exposition in memory. Not thread-safe; the body must not change while it is
 * parsed.
 *
 * <p>The steady path creates no object per line: a sample exposes the raw bytes that name its
 * series ({@link #buffer()} from {@link #keyOffset()}, {@link #keyLength()} long), and the scraper
 * finds a known series by them. Only for unknown bytes does it call {@link #labels()}. Keys of
 * different series of one exposition differ; their form depends on the format.
 *
 * <p>Strictness equals Prometheus's: input that its scraper accepts is accepted, input that it
 * refuses is refused. The OpenMetrics specification requires more.
 */
public interface ExpositionParser {
  /** Event found by {@link #next()}. */
  enum Event {
    /** A sample with a float value. */
    SERIES,
    /** A sample with a native histogram as its value. */
    HISTOGRAM,
    TYPE,
    HELP,
    UNIT,
    COMMENT,
    /** End of the input. */
    END
  }

  /**
   * Moves to the next event; after {@link Event#END} it stays there.
   *
   * @throws ExpositionException if the input is malformed; the parser is then no longer usable
   */
  Event next();

  /**
   * Moves to the next event if it is a sample with a known key, which need not be parsed. Returns
   * false without any effect if it is another event, or if this would not be cheaper.
   *
   * @param keyLength length of a key that {@link #next()} has returned in this format
   * @param keyHash its {@link Labels#hash64}
   * @throws ExpositionException if the data after the key is malformed
   */
  default boolean nextIs(int keyLength, long keyHash) {
    return false;
  }

  /**
   * Buffer with the key and the text of the current event: the body itself or a buffer of the
   * parser. Valid until the next call of {@link #next()}; callers must not write to it.
   */
  byte[] buffer();

  /** Start of the series key of a sample, or of the family name of metadata, as written. */
  int keyOffset();

  /** Length of the above in bytes. */
  int keyLength();

  /** For metadata and comments the start of the text (help, type, unit, comment), as written. */
  int textOffset();

  /** Length of the above in bytes. */
  int textLength();

  /**
   * Labels of the current sample, metric name included; each call decodes them again. Values of
   * {@code le} and {@code quantile} are in OpenMetrics form ({@code 1.0} for {@code 1}).
   *
   * @throws ExpositionException if a label name occurs twice or a name is not valid UTF-8
   */
  Labels labels();

  /**
   * The names of labels that the present sample has with an empty value, which {@link #labels()}
   * omits: a scraper that honours labels keeps those of the target off there.
   */
  List<String> emptyLabels();

  /** The value of a {@link Event#SERIES}. Every NaN but the staleness marker is the normal one. */
  double value();

  /** The value of a {@link Event#HISTOGRAM}. */
  Histogram histogram();

  /** Whether the sample has a timestamp. */
  boolean hasTimestamp();

  /** The current sample's timestamp in Unix milliseconds. */
  long timestamp();

  /**
   * When the counter, summary or histogram of the present sample began, Unix milliseconds; 0 if
   * unknown.
   */
  long startTimestamp();

  /**
   * Reads the next exemplar of the current sample; returns null if there are no more.
   *
   * @param defaultTimestamp timestamp of exemplars without one. Exemplars of native histograms
   *     without a timestamp are omitted, as in Prometheus.
   */
  @Nullable Exemplar nextExemplar(long defaultTimestamp);

  /** The family name of a metadata event. */
  String metricName();

  /** The type in a {@link Event#TYPE}, which applies to the following samples. */
  MetricType type();

  /** The text of a metadata event or comment, unescaped. */
  String text();
}
