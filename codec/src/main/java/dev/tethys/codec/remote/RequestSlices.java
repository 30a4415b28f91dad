package dev.tethys.codec.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Labels;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks the series and the metadata of a remote write 1.0 request as pieces of bytes that are
 * themselves requests: any of them joined are one. So a request is cut or dealt out without
 * decoding. Not thread-safe.
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
  private @Nullable SliceFamilies families;
  private String name = ""; // of the series, if requested
  private boolean tracksPoints;
  private boolean followed;

  /**
   * A piece of a request.
   *
   * @param samples floats and histograms in it; 0 for metadata
   * @param family for a series, the slice with its metadata; null if none
   */
  public record Slice(int offset, int length, int samples, @Nullable Slice family) {
    /** A piece without metadata. */
    public Slice(int offset, int length, int samples) {
      this(offset, length, samples, null);
    }
  }

  /** Chooses the destination of the series at which the walk is. */
  @FunctionalInterface
  public interface Router {
    int of(RequestSlices at);
  }

  /**
   * Assigns the series of a request to destinations, in order, each with the metadata that applies
   * to it. Metadata of families without a series in the request goes to the first destination.
   *
   * @param ways number of destinations
   * @param way router that returns a destination from 0 to {@code ways - 1}
   * @throws CodecException if the request is malformed
   */
  public static List<List<Slice>> distribute(byte[] request, int size, int ways, Router way) {
    return distribute(request, size, ways, way, true);
  }

  /** Distributes series, with or without metadata. */
  public static List<List<Slice>> distribute(
      byte[] request, int size, int ways, Router way, boolean metadata) {
    List<List<Slice>> slices = new ArrayList<>(ways);
    for (int i = 0; i < ways; i++) {
      slices.add(new ArrayList<>());
    }
    RequestSlices in = new RequestSlices().reset(request, 0, size);
    if (metadata) {
      in.withFamilies();
    }
    while (in.next()) {
      if (in.series) {
        slices.get(way.of(in)).add(in.slice());
      }
    }
    slices.getFirst().addAll(in.unused());
    return slices;
  }

  /**
   * Joins pieces of a request to another one. The metadata of a series is written once, before the
   * first series that it applies to.
   */
  public static byte[] join(byte[] request, List<Slice> slices) {
    List<Slice> all = withMetadata(slices);
    int size = 0;
    for (Slice s : all) {
      size += s.length();
    }
    byte[] joined = new byte[size];
    int at = 0;
    for (Slice s : all) {
      System.arraycopy(request, s.offset(), joined, at, s.length());
      at += s.length();
    }
    return joined;
  }

  private static List<Slice> withMetadata(List<Slice> slices) {
    boolean none = true;
    for (Slice s : slices) {
      none &= s.family() == null;
    }
    if (none) {
      return slices;
    }
    List<Slice> all = new ArrayList<>(slices.size() * 2);
    Set<Slice> written = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Slice s : slices) {
      Slice f = s.family();
      if (f != null && written.add(f)) {
        all.add(f);
      }
      all.add(s);
    }
    return all;
  }

  /**
   * A request with one series.
   *
   * @param samples floats and histograms in it
   */
  public record Piece(byte[] request, int samples) {}

  /**
   * Splits a series in two with the same labels, each with half of its samples, in order; returns
   * empty if it has fewer than two samples.
   *
   * @throws CodecException if the request is malformed
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
    families = null;
    name = "";
    followed = false;
    return this;
  }

  /**
   * Adds the metadata of each series to {@link #slice}: the preceding entry of its family or,
   * without one, a later one. Must be called before the first piece.
   */
  public RequestSlices withFamilies() {
    SliceFamilies all = new SliceFamilies();
    int from = offset;
    int size = end - offset;
    while (next()) {
      if (!series) {
        all.add(buf, new Slice(offset, length, 0));
      }
    }
    reset(buf, from, size);
    families = all.isEmpty() ? null : all;
    return this;
  }

  /** Returns the slice at the current position, with the metadata that applies to it. */
  public Slice slice() {
    SliceFamilies f = families;
    return new Slice(offset, length, samples, f == null || !series ? null : f.of(name()));
  }

  /** Returns metadata that has not been applied to any series yet. */
  public List<Slice> unused() {
    return families == null ? List.of() : families.unused();
  }

  /** Name of the series; empty for metadata and for a series without a name. */
  public String name() {
    if (series && name.isEmpty()) {
      name = label(Labels.METRIC_NAME);
    }
    return name;
  }

  private String label(String wanted) {
    ProtoReader r = new ProtoReader().reset(buf, labels, labelsLength);
    while (r.next()) {
      if (r.field() != LABEL) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      boolean is = false;
      String value = "";
      while (r.next()) {
        switch (r.field()) {
          case 1 -> is = r.readString().equals(wanted);
          case 2 -> {
            if (is) {
              value = r.readString();
            } else {
              r.skip();
            }
          }
          default -> r.skip();
        }
      }
      r.leave(outer);
      if (is) {
        return value;
      }
    }
    return "";
  }

  /** Enables {@link #continuesPoint}. */
  public RequestSlices trackPoints() {
    tracksPoints = true;
    return this;
  }

  /**
   * Whether the series is a further part of the classic histogram or summary to which the series
   * before it belongs, so that a request must not be cut between the two.
   */
  public boolean continuesPoint() {
    return followed;
  }

  /**
   * Moves to the next piece; returns false after the last one.
   *
   * @throws CodecException if the request is malformed
   */
  public boolean next() {
    offset += length;
    length = 0;
    if (offset >= end || !top.next()) {
      return false;
    }
    series = top.field() == SERIES;
    String before = name;
    name = "";
    samples = 0;
    others = 0;
    labels = 0;
    labelsLength = 0;
    if (series) {
      int n = top.readLength();
      enter(top.position(), n);
      top.position(top.position() + n);
      length = top.position() - offset;
      followed =
          tracksPoints && PointParts.continues(before, name(), label(PointParts.bound(name)));
    } else {
      top.skip();
      length = top.position() - offset;
      followed = false;
      if (families != null) {
        families.precede(buf, offset, length);
      }
    }
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

  /** Returns the start offset of the slice. */
  public int offset() {
    return offset;
  }

  /** Length of the piece in bytes. */
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

  /** Returns a hash that is equal for all slices of a series with the same label order. */
  public long hash() {
    return series ? Labels.hash64(buf, labels, labelsLength) : 0;
  }

  /** Start of the fields with the series' labels. */
  public int labelsOffset() {
    return labels;
  }

  /** Length of these fields in bytes, including unknown fields between them. */
  public int labelsLength() {
    return labelsLength;
  }
}
