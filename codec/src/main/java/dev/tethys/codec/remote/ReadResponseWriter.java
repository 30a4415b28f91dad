package dev.tethys.codec.remote;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;

/**
 * Writes the single response message to a read request for samples, with a result for each query.
 */
public final class ReadResponseWriter {
  private final ProtoWriter out = new ProtoWriter(1 << 12);
  private int result = -1;

  public void beginResult() {
    result = out.begin(1);
  }

  public void endResult() {
    out.end(result);
  }

  /** Adds a series with all samples of the buffer; floats precede histograms. */
  public void series(Labels labels, SampleBuffer samples) {
    int m = out.begin(1);
    WriteRequestWriter.writeLabels(out, 1, labels);
    for (int i = 0; i < samples.size; i++) {
      if (samples.histograms == null || samples.histograms[i] == null) {
        int s = out.begin(2);
        out.float64Unless0(1, samples.values[i]);
        out.int64Unless0(2, samples.timestamps[i]);
        out.end(s);
      }
    }
    if (samples.histograms != null) {
      for (int i = 0; i < samples.size; i++) {
        Histogram h = samples.histograms[i];
        if (h != null) {
          HistogramMessage.write(out, 4, 0, samples.timestamps[i], h);
        }
      }
    }
    out.end(m);
  }

  /** Returns the array that holds the message in its first {@link #size} bytes. */
  public byte[] buffer() {
    return out.buffer();
  }

  public int size() {
    return out.size();
  }

  public byte[] toByteArray() {
    return out.toByteArray();
  }
}
