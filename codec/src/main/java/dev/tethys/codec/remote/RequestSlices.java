package dev.tethys.codec.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Labels;

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
  private long hash;

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
    hash = 0;
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
      }
    }
    hash = Labels.hash64(buf, at, labelsEnd - at);
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
    return hash;
  }
}
