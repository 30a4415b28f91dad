package dev.tethys.pipeline.receiver.points;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.web.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Points as batches of remote write. */
public final class PipelinePoints implements PointConsumer {
  /** Maximum batch size; larger requests are split so that none is handled in one piece. */
  static final int MAX_BATCH_BYTES = 4 << 20;

  private final Consumer to;

  public PipelinePoints(Consumer to) {
    this.to = to;
  }

  /** Returns the lane of a machine, which keeps its order across connections. */
  public static long lane(java.net.InetAddress sender) {
    return (1L << 32) | (sender.hashCode() & 0xffff_ffffL);
  }

  @Override
  public Points open(long lane, Metadata metadata) {
    return new Batches(lane, metadata);
  }

  private final class Batches implements Points {
    private final long lane;
    private final Metadata metadata;
    private final WriteRequestWriter out = new WriteRequestWriter();
    private final List<Batch> full = new ArrayList<>();
    private final Map<String, MetricMetadata> families = new LinkedHashMap<>(); // of this batch
    private @Nullable Labels series;
    private int items;

    Batches(long lane, Metadata metadata) {
      this.lane = lane;
      this.metadata = metadata;
    }

    @Override
    public @Nullable String sample(Labels labels, long timestamp, double value) {
      if (!labels.equals(series)) {
        end();
        out.beginSeries(labels);
        series = labels;
      }
      out.sample(timestamp, value);
      items++;
      return null;
    }

    @Override
    public void metadata(String family, MetricMetadata known) {
      families.put(family, known);
    }

    private void end() {
      if (series != null) {
        out.endSeries();
        series = null;
        if (out.size() >= MAX_BATCH_BYTES) {
          cut();
        }
      }
    }

    private void cut() {
      if (items > 0) {
        families.forEach(out::metadata);
        full.add(
            new Batch(
                Signal.METRICS, Encoding.REMOTE_WRITE, out.toByteArray(), items, lane, metadata));
        out.clear();
        families.clear();
        items = 0;
      }
    }

    @Override
    public Outcome deliver(HttpRequest request) throws InterruptedException {
      end();
      cut();
      return ReceiverAdmission.deliver(full, to, request);
    }

    @Override
    public Outcome deliver(Duration timeLimit) throws InterruptedException {
      end();
      cut();
      return ReceiverAdmission.deliver(full, to, timeLimit);
    }

    @Override
    public void close() {
      full.clear();
    }
  }
}
