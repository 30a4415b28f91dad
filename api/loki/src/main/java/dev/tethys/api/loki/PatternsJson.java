package dev.tethys.api.loki;

import dev.tethys.model.GoJson;
import dev.tethys.query.logql.BucketCounts;
import dev.tethys.query.logql.LogExplorer.PatternCount;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * JSON of patterns as bytes: an answer has tens of thousands of samples, most of them of times that
 * others have too. The text of each time is made once.
 */
final class PatternsJson {
  private static final int NUMBER_BYTES = 20;

  private byte[] bytes = new byte[1 << 14];
  private int size;
  private final long first;
  private final long step;
  private byte[] @Nullable [] times = new byte[64][]; // by bucket, with what is before and after

  /**
   * @param from begin of the time range
   * @param step nanoseconds of a bucket
   */
  PatternsJson(long from, long step) {
    first = Math.floorDiv(from, step) * step;
    this.step = step;
  }

  /** The answer; the array belongs to the caller. */
  byte[] answer(List<PatternCount> patterns) {
    StringBuilder text = new StringBuilder("{\"status\":\"success\",\"data\":[");
    String separator = "";
    for (PatternCount c : patterns) {
      text.append(separator).append("{\"pattern\":");
      GoJson.append(text, c.pattern());
      if (!c.level().isEmpty()) {
        GoJson.append(text.append(",\"level\":"), c.level());
      }
      put(text.append(",\"samples\":["));
      samples(c.counts());
      text.setLength(0);
      separator = "]},";
    }
    put(text.append(patterns.isEmpty() ? "]}" : "]}]}"));
    return Arrays.copyOf(bytes, size);
  }

  private void put(StringBuilder text) {
    byte[] b = text.toString().getBytes(StandardCharsets.UTF_8);
    ensure(b.length);
    System.arraycopy(b, 0, bytes, size, b.length);
    size += b.length;
  }

  private void ensure(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), 2 * size));
    }
  }

  /** Pairs of Unix seconds and rows. */
  private void samples(BucketCounts counts) {
    int n = counts.size();
    for (int i = 0; i < n; i++) {
      byte[] time = time(counts.bucket(i));
      int skipped = i == 0 ? 1 : 0; // the comma
      int length = time.length - skipped;
      ensure(length + NUMBER_BYTES + 1);
      System.arraycopy(time, skipped, bytes, size, length);
      size += length;
      long rows = counts.rows(i);
      if (rows < 10) {
        bytes[size++] = (byte) ('0' + rows);
      } else {
        number(rows);
      }
      bytes[size++] = ']';
    }
  }

  private void number(long n) {
    int end = size;
    for (long v = n; v > 0; v /= 10) {
      end++;
    }
    int p = end;
    for (long v = n; v > 0; v /= 10) {
      bytes[--p] = (byte) ('0' + v % 10);
    }
    size = end;
  }

  private byte[] time(long bucket) {
    int i = Math.toIntExact((bucket - first) / step);
    if (i >= times.length) {
      times = Arrays.copyOf(times, Math.max(i + 1, 2 * times.length));
    }
    byte[] known = times[i];
    if (known == null) {
      String seconds = ",[" + Math.floorDiv(bucket, LokiParameters.SECOND) + ",";
      known = seconds.getBytes(StandardCharsets.ISO_8859_1);
      times[i] = known;
    }
    return known;
  }
}
