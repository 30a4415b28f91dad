package dev.tethys.codec.remote;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Histogram;
import dev.tethys.model.HistogramCheck;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Valid part of a remote-write request from outside, as a request of 1.0. It may be joined with
 * others: labels are sorted, valid and named, histograms are consistent, and every field was read
 * once, so that a fault of one client does not cost another its samples.
 *
 * @param body a request of 1.0; the original bytes if nothing was invalid
 * @param samples number of floats
 * @param refused number of samples and histograms omitted
 * @param problem the reasons, at most {@link #MAX_PROBLEM_CHARACTERS} long; null if nothing was
 *     rejected
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ValidatedWriteRequest(
    byte[] body,
    int samples,
    int histograms,
    int exemplars,
    int refused,
    @Nullable String problem) {
  /** Maximum length of a problem description. */
  public static final int MAX_PROBLEM_CHARACTERS = 4096;

  /** Metadata entries of a request of 2.0 that are remembered, to write each once. */
  private static final int MAX_SEEN = 1 << 16;

  private static final byte[] NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.UTF_8);

  /** Floats and histograms. */
  public int items() {
    return samples + histograms;
  }

  /**
   * Looks through a request of 1.0.
   *
   * @throws dev.tethys.codec.CodecException if it is not a request at all
   */
  public static ValidatedWriteRequest ofV1(byte[] buf, int offset, int length) {
    return new Walk().v1(buf, offset, length);
  }

  /**
   * Translates a request of 2.0. Start timestamps are placed where {@link
   * WriteRequestReader#startTimestamp} finds them.
   *
   * @throws dev.tethys.codec.CodecException if it is not a request at all
   */
  public static ValidatedWriteRequest ofV2(byte[] buf, int offset, int length) {
    return new Walk().v2(buf, offset, length);
  }

  private static final class Walk {
    private final WriteRequestWriter out = new WriteRequestWriter();
    private final StringBuilder problems = new StringBuilder();
    private final ProtoReader labels = new ProtoReader();
    private int unsaid;
    private int samples;
    private int histograms;
    private int exemplars;
    private int refused;

    private void problem(@Nullable String text) {
      String t = String.valueOf(text);
      if (problems.length() + t.length() > MAX_PROBLEM_CHARACTERS) {
        unsaid++;
        return;
      }
      problems.append(problems.isEmpty() ? "" : "\n").append(t);
    }

    private ValidatedWriteRequest result(byte[] body) {
      if (unsaid > 0) {
        problems.append("\n... and ").append(unsaid).append(" more");
      }
      return new ValidatedWriteRequest(
          body,
          samples,
          histograms,
          exemplars,
          refused,
          problems.isEmpty() ? null : problems.toString());
    }

    ValidatedWriteRequest v1(byte[] buf, int offset, int length) {
      RequestSlices slices = new RequestSlices().reset(buf, offset, length);
      WriteRequestReader r = new WriteRequestReader();
      boolean same = true;
      while (slices.next()) {
        r.reset(buf, slices.offset(), slices.length());
        if (!slices.isSeries()) {
          while (r.nextMetadata()) {
            // Reading it validates it.
          }
          if (!same) {
            out.raw(buf, slices.offset(), slices.length());
          }
          continue;
        }
        r.nextSeries();
        boolean sorted = isSorted(r);
        if (!sorted || hasInvalidHistogram(r)) {
          if (same) {
            same = false;
            out.raw(buf, offset, slices.offset() - offset);
          }
          r.reset(buf, slices.offset(), slices.length()).nextSeries();
          rewrite(r);
        } else if (!same) {
          out.raw(buf, slices.offset(), slices.length());
        }
      }
      return result(
          !same
              ? out.toByteArray()
              : offset == 0 && length == buf.length
                  ? buf
                  : Arrays.copyOfRange(buf, offset, offset + length));
    }

    /**
     * Counts the samples of a series while it is valid; counts nothing if a histogram is invalid.
     */
    private boolean hasInvalidHistogram(WriteRequestReader r) {
      int s = 0;
      int h = 0;
      int x = 0;
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        switch (e) {
          case SAMPLE -> s++;
          case EXEMPLAR -> x++;
          case HISTOGRAM -> {
            if (HistogramCheck.problem(r.histogram()) != null) {
              return true;
            }
            h++;
          }
          case END -> throw new AssertionError();
        }
      }
      samples += s;
      histograms += h;
      exemplars += x;
      return false;
    }

    private void rewrite(WriteRequestReader r) {
      Labels l;
      try {
        l = WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      } catch (InvalidLabelsException e) {
        problem(e.getMessage());
        for (SeriesEvent ev = r.next(); ev != SeriesEvent.END; ev = r.next()) {
          refused += ev == SeriesEvent.EXEMPLAR ? 0 : 1;
        }
        return;
      }
      int start = out.size();
      int before = items();
      out.beginSeries(l);
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        switch (e) {
          case SAMPLE -> {
            out.sample(r.startTimestamp(), r.timestamp(), r.value());
            samples++;
          }
          case HISTOGRAM -> histogram(r.histogram(), r.startTimestamp(), r.timestamp(), l);
          case EXEMPLAR -> {
            if (r.exemplar() != null) {
              out.exemplar(r.exemplar());
              exemplars++;
            }
          }
          case END -> throw new AssertionError();
        }
      }
      end(start, before);
    }

    private int items() {
      return samples + histograms;
    }

    /** A series without any remaining sample is not written. */
    private void end(int start, int before) {
      out.endSeries();
      if (items() == before) {
        out.truncate(start);
      }
    }

    private void histogram(Histogram h, long startTimestamp, long timestamp, Labels l) {
      String wrong = HistogramCheck.problem(h);
      if (wrong == null) {
        out.histogram(startTimestamp, timestamp, h);
        histograms++;
      } else {
        refused++;
        problem(wrong + " for series " + l);
      }
    }

    /** Whether labels are as our own writer would write them, metric name and all. */
    private boolean isSorted(WriteRequestReader r) {
      byte[] b = r.labelBuffer();
      labels.reset(b, r.labelOffset(), r.labelLength());
      int lastName = 0;
      int lastLength = -1;
      boolean named = false;
      while (labels.next()) {
        if (labels.field() != 1) {
          return false;
        }
        int outer = labels.enter();
        int nameAt = 0;
        int nameLength = 0;
        int valueLength = 0;
        for (int field = 1; field <= 2; field++) {
          if (!labels.next() || labels.field() != field) {
            return false;
          }
          int n = labels.readLength();
          int at = labels.position();
          if (n == 0 || !Utf8.isValid(b, at, n)) {
            return false;
          }
          labels.position(at + n);
          if (field == 1) {
            nameAt = at;
            nameLength = n;
          } else {
            valueLength = n;
          }
        }
        if (!labels.atEnd()) {
          return false;
        }
        labels.leave(outer);
        if (lastLength >= 0
            && Arrays.compareUnsigned(
                    b, lastName, lastName + lastLength, b, nameAt, nameAt + nameLength)
                >= 0) {
          return false;
        }
        named |=
            valueLength > 0 && Arrays.equals(b, nameAt, nameAt + nameLength, NAME, 0, NAME.length);
        lastName = nameAt;
        lastLength = nameLength;
      }
      return named;
    }

    ValidatedWriteRequest v2(byte[] buf, int offset, int length) {
      WriteRequestV2Reader r = new WriteRequestV2Reader().reset(buf, offset, length);
      Set<Long> seen = new HashSet<>();
      while (r.nextSeries()) {
        series(r, seen);
      }
      return result(out.toByteArray());
    }

    private void series(WriteRequestV2Reader r, Set<Long> seen) {
      String wrong = r.seriesProblem();
      Labels l = Labels.EMPTY;
      if (wrong == null) {
        try {
          l = WriteRequestV2Reader.LABELS.decode(r.labelBuffer(), 0, r.labelLength());
        } catch (InvalidLabelsException e) {
          wrong = String.valueOf(e.getMessage());
        }
      }
      if (wrong == null && r.sampleCount() == 0 && r.histogramCount() == 0) {
        wrong = "TimeSeries must contain at least one sample or histogram for series " + l;
      }
      if (wrong != null) {
        refused += r.sampleCount() + r.histogramCount();
        problem(wrong);
        return;
      }
      int start = out.size();
      int before = items();
      out.beginSeries(l);
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        switch (e) {
          case SAMPLE -> {
            out.sample(r.startTimestamp(), r.timestamp(), r.value());
            samples++;
          }
          case HISTOGRAM -> histogram(r.histogram(), r.startTimestamp(), r.timestamp(), l);
          case EXEMPLAR -> {
            if (r.exemplar() == null) {
              problem("parsing exemplar for series " + l + ": " + r.exemplarProblem());
            } else {
              out.exemplar(r.exemplar());
              exemplars++;
            }
          }
          case END -> throw new AssertionError();
        }
      }
      end(start, before);
      if (r.hasMetadata() && seen.size() < MAX_SEEN && seen.add(r.metadataKey())) {
        out.metadata(r.metricFamily(), r.metadata());
      }
    }
  }
}
