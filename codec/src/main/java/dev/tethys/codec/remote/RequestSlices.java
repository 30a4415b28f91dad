package dev.tethys.codec.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Labels;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks the series and the metadata of a remote write 1.0 request as pieces of bytes that are
 * themselves requests: any of them joined are one. So a request is cut or dealt out without
 * decoding. Not for several threads at once.
 */
public final class RequestSlices {
  private static final int SERIES = 1;
  private static final int LABEL = 1;
  private static final int SAMPLE = 2;
  private static final int HISTOGRAM = 4;

  private final ProtoReader top = new ProtoReader();
  private final ProtoReader in = new ProtoReader();
  private byte[] buf = {};
  private int end;
  private int offset;
  private int length;
  private boolean series;
  private int samples;
  private int others; // fields of the series that are neither labels nor samples
  private int labels;
  private int labelsLength;

  /**
   * A piece of a request.
   *
   * @param samples floats and histograms in it; 0 for metadata
   */
  public record Slice(int offset, int length, int samples) {}

  /** Says to whom the piece goes that the walk stands at. */
  @FunctionalInterface
  public interface Way {
    int of(RequestSlices at);
  }

  /**
   * Deals the pieces of a request out, in order.
   *
   * @param ways how many there are
   * @param way from 0 to below that; negative for a piece that goes nowhere
   * @throws CodecException when the request is malformed
   */
  public static List<List<Slice>> deal(byte[] request, int size, int ways, Way way) {
    List<List<Slice>> dealt = new ArrayList<>(ways);
    for (int i = 0; i < ways; i++) {
      dealt.add(new ArrayList<>());
    }
    RequestSlices in = new RequestSlices().reset(request, 0, size);
    while (in.next()) {
      int to = way.of(in);
      if (to >= 0) {
        dealt.get(to).add(new Slice(in.offset, in.length, in.samples));
      }
    }
    return dealt;
  }

  /** The request that pieces of one are together. */
  public static byte[] join(byte[] request, List<Slice> slices) {
    int size = 0;
    for (Slice s : slices) {
      size += s.length();
    }
    byte[] joined = new byte[size];
    int at = 0;
    for (Slice s : slices) {
      System.arraycopy(request, s.offset(), joined, at, s.length());
      at += s.length();
    }
    return joined;
  }

  /**
   * A request with one series.
   *
   * @param samples floats and histograms in it
   */
  public record Piece(byte[] request, int samples) {}

  /**
   * A series as two of the same labels, each with half of what it has, in order; none where there
   * are not samples for two.
   *
   * @throws CodecException when the request is malformed
   */
  public static List<Piece> halves(byte[] request, Slice series) {
    if (series.samples() < 2) {
      return List.of();
    }
    RequestSlices at = new RequestSlices().reset(request, series.offset(), series.length());
    if (!at.next()) {
      return List.of();
    }
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    ByteArrayOutputStream second = new ByteArrayOutputStream();
    ProtoReader fields = new ProtoReader();
    int half = series.samples() / 2;
    int samples = 0;
    int others = 0; // exemplars, and what is not known here
    fields.reset(request, at.labels, series.offset() + series.length() - at.labels);
    int from = at.labels;
    while (fields.next()) {
      int field = fields.field();
      fields.skip();
      int length = fields.position() - from;
      if (field == LABEL) {
        first.write(request, from, length);
        second.write(request, from, length);
      } else {
        boolean isSample = field == SAMPLE || field == HISTOGRAM;
        boolean isFirst = isSample ? samples++ < half : 2 * others++ < at.others;
        (isFirst ? first : second).write(request, from, length);
      }
      from = fields.position();
    }
    return List.of(
        new Piece(series(first.toByteArray()), half),
        new Piece(series(second.toByteArray()), series.samples() - half));
  }

  private static byte[] series(byte[] content) {
    ProtoWriter w = new ProtoWriter();
    w.bytes(SERIES, content);
    return w.toByteArray();
  }

  /** Starts over with a decompressed request. */
  public RequestSlices reset(byte[] buffer, int from, int size) {
    buf = buffer;
    end = from + size;
    offset = from;
    length = 0;
    top.reset(buffer, from, size);
    return this;
  }

  /**
   * Goes to the next piece; false after the last one.
   *
   * @throws CodecException when the request is malformed
   */
  public boolean next() {
    offset += length;
    length = 0;
    if (offset >= end || !top.next()) {
      return false;
    }
    series = top.field() == SERIES;
    samples = 0;
    others = 0;
    labels = 0;
    labelsLength = 0;
    if (series) {
      int n = top.readLength();
      enter(top.position(), n);
      top.position(top.position() + n);
    } else {
      top.skip();
    }
    length = top.position() - offset;
    return true;
  }

  private void enter(int at, int n) {
    in.reset(buf, at, n);
    int labelsEnd = at;
    while (in.next()) {
      int field = in.field();
      in.skip();
      if (field == LABEL) {
        labelsEnd = in.position();
      } else if (field == SAMPLE || field == HISTOGRAM) {
        samples++;
      } else {
        others++;
      }
    }
    labels = at;
    labelsLength = labelsEnd - at;
  }

  /** Where the piece begins. */
  public int offset() {
    return offset;
  }

  /** How many bytes it has. */
  public int length() {
    return length;
  }

  /** Whether it is a series, not metadata. */
  public boolean isSeries() {
    return series;
  }

  /** Floats and histograms of the series. */
  public int samples() {
    return samples;
  }

  /** The same for all pieces of one series whose labels are written in one order. */
  public long hash() {
    return series ? Labels.hash64(buf, labels, labelsLength) : 0;
  }

  /** Where the fields of a series' labels begin. */
  public int labelsOffset() {
    return labels;
  }

  /** How many bytes they have; what a sender put between them is among them. */
  public int labelsLength() {
    return labelsLength;
  }
}
