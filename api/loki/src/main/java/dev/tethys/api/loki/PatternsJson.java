package dev.tethys.api.loki;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoJson;
import dev.tethys.query.logql.BucketCounts;
import dev.tethys.query.logql.exec.LogExplorer.PatternCount;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * JSON of patterns as bytes: a response has tens of thousands of samples, most of which share their
 * timestamps with others. The text of each time is made once.
 */
final class PatternsJson {
  private final TextBuffer out = new TextBuffer().reserve(1 << 14);
  private final long first;
  private final long step;
  private byte[] @Nullable [] times = new byte[64][]; // by bucket, with what is before and after

  /**
   * @param from start of the time range
   * @param step nanoseconds of a bucket
   */
  PatternsJson(long from, long step) {
    first = Math.floorDiv(from, step) * step;
    this.step = step;
  }

  /** Renders the response; the array belongs to the caller. */
  byte[] answer(List<PatternCount> patterns) {
    StringBuilder text = new StringBuilder("{\"status\":\"success\",\"data\":[");
    String separator = "";
    for (PatternCount c : patterns) {
      text.append(separator).append("{\"pattern\":");
      GoJson.append(text, c.pattern());
      if (!c.level().isEmpty()) {
        GoJson.append(text.append(",\"level\":"), c.level());
      }
      out.put(text.append(",\"samples\":[").toString());
      samples(c.counts());
      text.setLength(0);
      separator = "]},";
    }
    return out.put(text.append(patterns.isEmpty() ? "]}" : "]}]}").toString()).take();
  }

  /** Writes pairs of Unix seconds and rows. */
  private void samples(BucketCounts counts) {
    int n = counts.size();
    for (int i = 0; i < n; i++) {
      byte[] time = time(counts.bucket(i));
      int skipped = i == 0 ? 1 : 0; // the comma
      out.put(time, skipped, time.length - skipped).number(counts.rows(i)).put(']');
    }
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
