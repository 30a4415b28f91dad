package dev.tethys.codec.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.chunk.ChunkDecoder;
import dev.tethys.codec.chunk.ChunkEncoding;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;

/** Reads the frames of streamed remote read. Not thread-safe. */
public final class ChunkedReadReader {
  private final InputStream in;
  private final int maxFrame;
  private final ProtoReader reader = new ProtoReader();
  private final ChunkDecoder decoder = new ChunkDecoder();
  private byte[] frame = {};

  /** Receives the contents of frames. */
  public interface Sink {
    /** A part of a series: the samples of all chunks of the frame. The buffer is reused. */
    void part(long queryIndex, Labels labels, SampleBuffer samples);
  }

  /** Reads from a stream that the caller closes; larger frames are refused. */
  public ChunkedReadReader(InputStream in, int maxFrame) {
    this.in = in;
    this.maxFrame = maxFrame;
  }

  /**
   * Reads the next frame; false at the end of the stream.
   *
   * @throws CodecException if the frame is damaged or too large
   */
  public boolean next(Sink sink) throws IOException {
    int first = in.read();
    if (first < 0) {
      return false;
    }
    long size = first & 0x7f;
    for (int shift = 7, b = first; (b & 0x80) != 0; shift += 7) {
      if (shift > 63) {
        throw new CodecException("a frame whose size is not a number");
      }
      b = in.read();
      if (b < 0) {
        throw new EOFException("the stream ends within a frame");
      }
      size |= (long) (b & 0x7f) << shift;
    }
    if (size < 0 || size > maxFrame) {
      throw new CodecException(
          "message size exceeded the limit " + maxFrame + " bytes; got: " + size + " bytes");
    }
    byte[] sum = in.readNBytes(4);
    if (frame.length < size) {
      frame = new byte[(int) size];
    }
    if (sum.length < 4 || in.readNBytes(frame, 0, (int) size) < size) {
      throw new EOFException("the stream ends within a frame");
    }
    CRC32C crc = new CRC32C();
    crc.update(frame, 0, (int) size);
    int want = (sum[0] & 0xff) << 24 | (sum[1] & 0xff) << 16 | (sum[2] & 0xff) << 8 | sum[3] & 0xff;
    if ((int) crc.getValue() != want) {
      throw new CodecException("corrupted frame; checksum mismatch");
    }
    reader.reset(frame, 0, (int) size);
    long query = 0;
    while (reader.next()) {
      if (reader.field() == 2) {
        query = reader.readLong();
      } else {
        reader.skip();
      }
    }
    reader.reset(frame, 0, (int) size);
    while (reader.next()) {
      if (reader.field() == 1) {
        int outer = reader.enter();
        series(query, sink);
        reader.leave(outer);
      } else {
        reader.skip();
      }
    }
    return true;
  }

  private void series(long query, Sink sink) {
    LabelCollector labels = new LabelCollector();
    labels.reset(frame);
    SampleBuffer samples = new SampleBuffer();
    while (reader.next()) {
      switch (reader.field()) {
        case 1 -> WriteRequestReader.label(reader, labels);
        case 2 -> {
          int outer = reader.enter();
          int type = 0;
          int offset = 0;
          int length = 0;
          while (reader.next()) {
            switch (reader.field()) {
              case 3 -> type = reader.readInt();
              case 4 -> {
                length = reader.readLength();
                offset = reader.position();
                reader.position(offset + length);
              }
              default -> reader.skip();
            }
          }
          reader.leave(outer);
          decoder.decode(ChunkEncoding.of(type), frame, offset, length, samples);
        }
        default -> reader.skip();
      }
    }
    sink.part(query, labels.any(), samples);
  }
}
