package dev.tethys.codec.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;

/**
 * Walks the response to a read request with samples: {@link #nextResult()}, then its series by
 * {@link #series()}, a reader that is positioned on the result's series.
 */
public final class ReadResponseReader {
  private final ProtoReader in = new ProtoReader();
  private final WriteRequestReader series = new WriteRequestReader();

  /** Starts over with a decompressed message. */
  public ReadResponseReader reset(byte[] buf, int offset, int length) {
    in.reset(buf, offset, length);
    return this;
  }

  /**
   * Moves to the result of the next query; returns false after the last one.
   *
   * @throws CodecException if the message is malformed
   */
  public boolean nextResult() {
    while (in.next()) {
      if (in.field() == 1) {
        int n = in.readLength();
        // a QueryResult and a WriteRequest both hold their TimeSeries in field 1
        series.reset(in.buffer(), in.position(), n);
        in.position(in.position() + n);
        return true;
      }
      in.skip();
    }
    return false;
  }

  /** Returns a reader for the result series. */
  public WriteRequestReader series() {
    return series;
  }
}
