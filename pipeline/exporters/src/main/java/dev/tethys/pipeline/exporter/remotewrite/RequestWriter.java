package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.codec.remote.RowTemplate;
import dev.tethys.codec.remote.WriteRequestV2Writer;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Builds a request of either version and counts its content. A series without data leaves no trace
 * in 1.0. Reusable after {@link #take}; not thread-safe.
 */
final class RequestWriter {
  /** Buffers larger than this are not kept for the next request. */
  private static final int KEEP_BYTES = 1 << 20;

  /** Shared buffers for compression; few are needed at the same time. */
  private static final ArrayBlockingQueue<byte[]> SCRATCH = new ArrayBlockingQueue<>(4);

  /**
   * Empty buffers for 1.0. A lane whose samples arrive as rows writes no series and would keep a
   * buffer needlessly.
   */
  private static final ArrayBlockingQueue<WriteRequestWriter> IDLE = new ArrayBlockingQueue<>(4);

  private final RemoteWriteMessage message;
  private byte[] done = {}; // elements of snappy for the beginning of the request; only in 1.0
  private int doneSize;
  private int doneRaw; // how long that is when it is decompressed
  private @Nullable WriteRequestWriter first; // null while it is empty
  private @Nullable WriteRequestV2Writer second;
  private int begun;
  private int before;
  private int samples;
  private int histograms;
  private int exemplars;
  private int metadata;
  private long oldest;
  private long newest;

  RequestWriter(RemoteWriteMessage message) {
    this.message = message;
  }

  RemoteWriteMessage message() {
    return message;
  }

  private WriteRequestWriter first() {
    WriteRequestWriter w = first;
    if (w == null) {
      w = IDLE.poll();
      w = w == null ? new WriteRequestWriter() : w;
      first = w;
    }
    return w;
  }

  private void empty(WriteRequestWriter w) {
    first = null;
    w.clear();
    if (w.buffer().length <= KEEP_BYTES) {
      IDLE.offer(w);
    }
  }

  private WriteRequestV2Writer second() {
    WriteRequestV2Writer w = second;
    if (w == null) {
      w = new WriteRequestV2Writer();
      second = w;
    }
    return w;
  }

  /** Starts a series with its label fields as encoded in a 1.0 request; 1.0 only. */
  void begin(byte[] labelFields, int offset, int length) {
    WriteRequestWriter w = first();
    begun = w.size();
    before = entries();
    w.beginSeries(labelFields, offset, length);
  }

  void begin(Labels labels) {
    before = entries();
    if (message == RemoteWriteMessage.V1) {
      begun = first().size();
      first().beginSeries(labels);
    } else {
      second().beginSeries(labels);
    }
  }

  void sample(long start, long time, double value) {
    if (message == RemoteWriteMessage.V1) {
      first().sample(time, value);
    } else {
      second().sample(start, time, value);
    }
    samples++;
    at(time);
  }

  void histogram(long start, long time, Histogram h) {
    if (message == RemoteWriteMessage.V1) {
      first().histogram(time, h);
    } else {
      second().histogram(start, time, h);
    }
    histograms++;
    at(time);
  }

  private void at(long time) {
    if (samples + histograms == 1) {
      oldest = time;
      newest = time;
    } else if (time > newest) {
      newest = time;
    } else if (time < oldest) {
      oldest = time;
    }
  }

  void exemplar(Exemplar e) {
    if (message == RemoteWriteMessage.V1) {
      first().exemplar(e);
    } else {
      second().exemplar(e);
    }
    exemplars++;
  }

  /** Writes the metadata of the current series' family; 2.0 only. */
  void seriesMetadata(MetricMetadata m) {
    second().metadata(m);
  }

  void end() {
    if (message == RemoteWriteMessage.V2) {
      second().endSeries();
    } else if (entries() == before) {
      first().truncate(begun);
    } else {
      first().endSeries();
    }
  }

  /**
   * Writes a sample of each series of a template piece, all with one time; only in 1.0, after the
   * data written so far.
   */
  void rows(RowTemplate t, int piece, long time, double[] values) {
    compressBegun();
    room(t.maxLength(piece));
    doneSize = t.write(piece, time, values, done, doneSize);
    doneRaw += t.rawLength(piece);
    if (samples + histograms == 0) {
      oldest = time;
      newest = time;
    }
    oldest = Math.min(oldest, time);
    newest = Math.max(newest, time);
    samples += t.count(piece);
  }

  /** Compresses the data written since the last call. */
  private void compressBegun() {
    WriteRequestWriter w = first;
    if (w == null || w.size() == 0) {
      return;
    }
    room(SnappyBlock.maxEncodedLength(w.size()));
    doneSize = SnappyBlock.encodeElements(w.buffer(), 0, w.size(), done, doneSize);
    doneRaw += w.size();
    empty(w);
  }

  private void room(int more) {
    if (done.length - doneSize < more) {
      done = Arrays.copyOf(done, Math.max(done.length * 2, doneSize + more));
    }
  }

  /** Writes the metadata of a family; 1.0 only. */
  void familyMetadata(String family, MetricMetadata m) {
    first().metadata(family, m);
    metadata++;
  }

  int entries() {
    return samples + histograms + exemplars + metadata;
  }

  boolean isEmpty() {
    return entries() == 0;
  }

  /** Bytes so far, before compression; without symbols. */
  int bytes() {
    if (message == RemoteWriteMessage.V2) {
      return second().size();
    }
    WriteRequestWriter w = first;
    return doneRaw + (w == null ? 0 : w.size());
  }

  /**
   * Returns the encoded request and empties the writer.
   *
   * @param more headers of the request
   */
  EncodedRequest take(long lane, Map<String, String> more) {
    RequestContents c =
        new RequestContents(samples, histograms, exemplars, metadata, oldest, newest);
    byte[] body;
    if (message == RemoteWriteMessage.V1) {
      if (doneRaw == 0) {
        WriteRequestWriter w = first();
        body = compress(w.buffer(), w.size());
        empty(w);
      } else {
        body = block();
      }
    } else {
      WriteRequestV2Writer w = second();
      ProtoWriter p = w.finish();
      body = compress(p.buffer(), p.size());
      w.clear();
      if (p.buffer().length > KEEP_BYTES) {
        second = null;
      }
    }
    samples = 0;
    histograms = 0;
    exemplars = 0;
    metadata = 0;
    oldest = 0;
    newest = 0;
    Map<String, String> headers = new HashMap<>(more);
    headers.put(RequestContents.CONTENT_TYPE, message.contentType());
    headers.put(RequestContents.HEADER, c.text());
    return new EncodedRequest(Signal.METRICS, body, c.entries(), lane, headers);
  }

  /** Returns the elements, preceded by their length. */
  private byte[] block() {
    compressBegun();
    byte[] body = SnappyBlock.ofElements(done, doneSize, doneRaw);
    doneSize = 0;
    doneRaw = 0;
    if (done.length > KEEP_BYTES) {
      done = new byte[0];
    }
    return body;
  }

  static byte[] compress(byte[] buf, int size) {
    int most = SnappyBlock.maxEncodedLength(size);
    byte[] scratch = SCRATCH.poll();
    if (scratch == null || scratch.length < most) {
      scratch = new byte[most];
    }
    byte[] out = Arrays.copyOf(scratch, SnappyBlock.encode(buf, 0, size, scratch, 0));
    if (scratch.length <= 2 * KEEP_BYTES) {
      SCRATCH.offer(scratch);
    }
    return out;
  }
}
