package dev.tethys.codec.remote;

import dev.tethys.codec.chunk.ChunkEncoder;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.CRC32C;

/**
 * Writes the frames of a streamed response to a read request. A frame is: uvarint size, big-endian
 * CRC-32C of the message, and a {@code ChunkedReadResponse} with one series or a part of it.
 */
public final class ChunkedReadWriter {
  private final OutputStream to;
  private final int maxBytesInFrame;
  private final ProtoWriter labelBytes = new ProtoWriter();
  private final ProtoWriter message = new ProtoWriter(1 << 12);
  private final ProtoWriter head = new ProtoWriter(32);
  private final ChunkEncoder chunks = new ChunkEncoder();
  private final CRC32C crc = new CRC32C();
  private int chunkedSeries;
  private int chunksInFrame;

  /**
   * Writes to a stream that the caller closes.
   *
   * @param maxBytesInFrame a frame ends with the chunk that reaches this
   */
  public ChunkedReadWriter(OutputStream to, int maxBytesInFrame) {
    this.to = to;
    this.maxBytesInFrame = maxBytesInFrame;
  }

  /** Sends a series. One without samples is omitted. */
  public void series(long queryIndex, Labels labels, SampleBuffer samples) throws IOException {
    labelBytes.clear();
    WriteRequestWriter.writeLabels(labelBytes, 1, labels);
    begin();
    try {
      chunks.encode(
          samples,
          (encoding, min, max, buf, offset, length) -> {
            if (chunksInFrame > 0 && message.size() >= maxBytesInFrame) {
              try {
                flush(queryIndex);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
              begin();
            }
            int m = message.begin(2);
            message.int64Unless0(1, min);
            message.int64Unless0(2, max);
            message.int64(3, encoding.number());
            message.bytes(4, buf, offset, length);
            message.end(m);
            chunksInFrame++;
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (samples.size > 0) {
      flush(queryIndex);
    }
  }

  private void begin() {
    message.clear();
    chunksInFrame = 0;
    chunkedSeries = message.begin(1);
    message.raw(labelBytes.buffer(), 0, labelBytes.size());
  }

  private void flush(long queryIndex) throws IOException {
    message.end(chunkedSeries);
    message.int64Unless0(2, queryIndex);
    crc.reset();
    crc.update(message.buffer(), 0, message.size());
    head.clear();
    head.varint(message.size());
    long sum = crc.getValue();
    byte[] big = {(byte) (sum >>> 24), (byte) (sum >>> 16), (byte) (sum >>> 8), (byte) sum};
    head.raw(big, 0, 4);
    to.write(head.buffer(), 0, head.size());
    to.write(message.buffer(), 0, message.size());
  }
}
