package dev.tethys.codec.elastic;

import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * Encodes samples as JSON documents, one document per sample:
 *
 * <pre>
 * {"@timestamp":1700000000000,"series":"…","metric":"up","labels":{"job":"node"},"value":1}
 * </pre>
 *
 * <p>A value that is not finite is in {@code value_text} instead ({@link NonFiniteText}). {@code
 * series} is the first 120 bits of SHA-256 of the label set in Base64; with the time in base 36 it
 * is the document's id, so that a sample written twice is one document. {@code labels} is one field
 * for all labels (flattened, flat_object) with any names; a document's source keeps it as it was
 * written.
 *
 * <p>In time series data streams the value of a counter is {@code counter}, and Elasticsearch
 * derives the ids of documents from {@code series} and the time.
 */
public final class SampleDocuments {
  public static final String TIME = "@timestamp";
  public static final String SERIES = "series";
  public static final String METRIC = "metric";
  public static final String LABELS = "labels";
  public static final String VALUE = "value";

  /** Name of {@link #VALUE} for counters in time series data streams. */
  public static final String COUNTER = "counter";

  public static final String TEXT = "value_text";

  /** Values of labels longer than this are not found by queries, though they are kept. */
  public static final int MAX_INDEXED = 1024;

  private static final byte[] NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.UTF_8);
  private static final int ID_BYTES = 15;

  private SampleDocuments() {}

  /** Computes the ID of a series. */
  public static String seriesId(Labels labels) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(labels.canonicalBytes());
      return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, ID_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  /** Returns the document ID of a sample. */
  public static String id(String series, long time) {
    return series + "-" + Long.toString(time, 36);
  }

  /** Writes the fields shared by all documents of a series, after the time and before the value. */
  public static void series(Labels labels, String id, TextBuffer to) {
    to.put(",\"series\":\"").put(id).put("\",\"metric\":").json(labels.metricName());
    to.put(",\"labels\":{");
    int before = to.size();
    labels.forEachBytes(
        (buf, no, nl, vo, vl) -> {
          if (Arrays.equals(buf, no, no + nl, NAME, 0, NAME.length)) {
            return;
          }
          if (to.size() > before) {
            to.put(',');
          }
          to.json(buf, no, nl).put(':').json(buf, vo, vl);
        });
    to.put('}');
  }

  /**
   * The same.
   *
   * @param field field that holds the value: {@link #VALUE} or {@link #COUNTER}
   */
  public static void sample(byte[] series, long time, String field, double value, TextBuffer to) {
    to.put("{\"@timestamp\":").number(time).put(series);
    if (Double.isFinite(value)) {
      to.put(",\"").put(field).put("\":").number(value);
    } else {
      to.put(",\"value_text\":\"").put(NonFiniteText.text(value)).put('"');
    }
    to.put("}\n");
  }

  /**
   * Returns the index mappings for these documents.
   *
   * @param openSearch whether they are for OpenSearch, which uses other names of label types
   */
  public static String mappings(boolean openSearch) {
    return "{\"dynamic\":false,\"properties\":{\"@timestamp\":{\"type\":\"date\"},"
        + "\"series\":{\"type\":\"keyword\"},\"metric\":{\"type\":\"keyword\"},\"labels\":"
        + (openSearch
            ? "{\"type\":\"flat_object\"}"
            : "{\"type\":\"flattened\",\"ignore_above\":" + MAX_INDEXED + "}")
        + ",\"value\":{\"type\":\"double\"},\"value_text\":{\"type\":\"keyword\"}}}";
  }

  /** The mappings of such documents in Elasticsearch's time series data streams. */
  public static String timeSeriesMappings() {
    return "{\"dynamic\":false,\"properties\":{\"@timestamp\":{\"type\":\"date\"},"
        + "\"series\":{\"type\":\"keyword\",\"time_series_dimension\":true},"
        + "\"metric\":{\"type\":\"keyword\"},\"labels\":{\"type\":\"flattened\",\"ignore_above\":"
        + MAX_INDEXED
        + "},\"value\":{\"type\":\"double\",\"time_series_metric\":\"gauge\"},"
        + "\"counter\":{\"type\":\"double\",\"time_series_metric\":\"counter\"},"
        + "\"value_text\":{\"type\":\"keyword\"}}}";
  }
}
