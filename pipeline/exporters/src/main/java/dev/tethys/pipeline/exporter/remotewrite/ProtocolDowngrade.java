package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.remote.RequestFamilies;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestV2Reader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.pipeline.delivery.EncodedRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites a queued request: in the other format, without samples that are too old, or as several
 * smaller ones.
 */
final class ProtocolDowngrade {
  /** No request that was queued is larger than this before compression. */
  private static final int MAX_BYTES = 1 << 30;

  private final RemoteWriteMessage to;
  private final long notBefore;
  private long upTo = Long.MAX_VALUE;
  private boolean ofTimes; // exemplars too
  private boolean byTarget; // a request for each
  private long target = SeriesShard.NO_TARGET; // of the series before
  private @Nullable RequestFamilies families; // where series are to have their metadata
  private final int entriesEach;
  private final long lane;
  private final Map<String, String> more;
  private final List<EncodedRequest> out = new ArrayList<>();
  private final RequestWriter writer;

  private ProtocolDowngrade(
      RemoteWriteMessage to, long notBefore, int entriesEach, long lane, Map<String, String> more) {
    this.to = to;
    this.notBefore = notBefore;
    this.entriesEach = entriesEach;
    this.lane = lane;
    this.more = more;
    this.writer = new RequestWriter(to);
  }

  /**
   * Rewrites a request, in order.
   *
   * @param notBefore older samples and histograms are dropped
   * @param entriesEach maximum number of entries per part, unless a single series has more
   */
  static List<EncodedRequest> of(
      EncodedRequest p, RemoteWriteMessage to, long notBefore, int entriesEach) {
    ProtocolDowngrade r =
        new ProtocolDowngrade(to, notBefore, entriesEach, p.lane(), RequestContents.more(p));
    if (RequestContents.message(p) == RemoteWriteMessage.V1) {
      byte[] raw = decoded(p);
      r.first(r.reader(raw, raw.length - SnappyBlock.SLACK));
    } else {
      byte[] raw = decoded(p);
      r.second(new WriteRequestV2Reader().reset(raw, 0, raw.length - SnappyBlock.SLACK));
    }
    r.cut();
    return r.out;
  }

  /**
   * Returns the part of a 1.0 request in a time range; must not be empty.
   *
   * @param after samples and exemplars up to this time are dropped
   * @param upTo newer samples are dropped; metadata is included if there is no such end
   */
  static EncodedRequest between(EncodedRequest p, long after, long upTo) {
    long from = after == Long.MIN_VALUE ? after : after + 1;
    ProtocolDowngrade r =
        new ProtocolDowngrade(
            RemoteWriteMessage.V1, from, Integer.MAX_VALUE, p.lane(), RequestContents.more(p));
    r.upTo = upTo;
    r.ofTimes = true;
    r.first(reader(p));
    r.cut();
    return r.out.getFirst();
  }

  /** Splits a 1.0 request into runs of series of one target. */
  static List<EncodedRequest> byTarget(EncodedRequest p) {
    ProtocolDowngrade r =
        new ProtocolDowngrade(
            RemoteWriteMessage.V1,
            Long.MIN_VALUE,
            Integer.MAX_VALUE,
            p.lane(),
            RequestContents.more(p));
    r.byTarget = true;
    r.first(reader(p));
    r.cut();
    return r.out;
  }

  /** Returns the sample times of a 1.0 request, ascending. */
  static long[] times(EncodedRequest p) {
    SortedSet<Long> out = new TreeSet<>();
    WriteRequestReader in = reader(p);
    while (in.nextSeries()) {
      for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
        if (e != SeriesEvent.EXEMPLAR) {
          out.add(in.timestamp());
        }
      }
    }
    return out.stream().mapToLong(Long::longValue).toArray();
  }

  /** Returns a reader of a 1.0 request, with the metadata of each series if required. */
  private WriteRequestReader reader(byte[] request, int length) {
    WriteRequestReader in = new WriteRequestReader();
    if (to == RemoteWriteMessage.V1) {
      return in.reset(request, 0, length);
    }
    RequestFamilies known = new RequestFamilies(null);
    families = known;
    return in.reset(request, 0, length, known);
  }

  private static WriteRequestReader reader(EncodedRequest p) {
    byte[] raw = decoded(p);
    return new WriteRequestReader().reset(raw, 0, raw.length - SnappyBlock.SLACK);
  }

  /** Decodes a request, leaving as many bytes after it as decoding needs. */
  private static byte[] decoded(EncodedRequest p) {
    byte[] z = p.body();
    int n = SnappyBlock.decodedLength(z, 0, z.length, MAX_BYTES);
    byte[] raw = new byte[n + SnappyBlock.SLACK];
    SnappyBlock.decode(z, 0, z.length, raw);
    return raw;
  }

  /**
   * Converts an uncompressed remote write 1.0 request to requests of the required format.
   *
   * @param more headers of each
   */
  static List<EncodedRequest> of(
      byte[] request,
      int length,
      long lane,
      RemoteWriteMessage to,
      int entriesEach,
      Map<String, String> more) {
    ProtocolDowngrade r = new ProtocolDowngrade(to, Long.MIN_VALUE, entriesEach, lane, more);
    r.first(r.reader(request, length));
    r.cut();
    return r.out;
  }

  private void cut() {
    if (!writer.isEmpty()) {
      out.add(writer.take(lane, more));
    }
  }

  private void endSeries() {
    writer.end();
    if (writer.entries() >= entriesEach) {
      cut();
    }
  }

  private boolean isWanted(long time) {
    return time >= notBefore && time <= upTo;
  }

  private void first(WriteRequestReader in) {
    while (in.nextSeries()) {
      if (byTarget) {
        long of = SeriesShard.target(in.labelBuffer(), in.labelOffset(), in.labelLength());
        if (of != target) {
          cut();
        }
        target = of;
      }
      if (to == RemoteWriteMessage.V1) {
        writer.begin(in.labelBuffer(), in.labelOffset(), in.labelLength());
      } else {
        writer.begin(
            WriteRequestReader.LABELS.decode(in.labelBuffer(), in.labelOffset(), in.labelLength()));
      }
      for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
        if (e == SeriesEvent.EXEMPLAR) {
          Exemplar x = in.exemplar();
          if (x != null && (!ofTimes || isWanted(x.timestamp()))) {
            exemplar(x);
          }
        } else if (e == SeriesEvent.SAMPLE && isWanted(in.timestamp())) {
          writer.sample(in.startTimestamp(), in.timestamp(), in.value());
        } else if (e == SeriesEvent.HISTOGRAM && isWanted(in.timestamp())) {
          writer.histogram(in.startTimestamp(), in.timestamp(), in.histogram());
        }
      }
      RequestFamilies known = families;
      MetricFamilies.Family f = known == null ? null : known.of(in.labels().metricName());
      if (f != null) {
        writer.seriesMetadata(f.metadata());
      }
      endSeries();
    }
    while (to == RemoteWriteMessage.V1 && upTo == Long.MAX_VALUE && in.nextMetadata()) {
      writer.familyMetadata(in.metricFamily(), in.metadata());
    }
  }

  private void second(WriteRequestV2Reader in) {
    while (in.nextSeries()) {
      Labels labels = WriteRequestV2Reader.LABELS.decode(in.labelBuffer(), 0, in.labelLength());
      writer.begin(labels);
      for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
        if (e == SeriesEvent.EXEMPLAR) {
          exemplar(in.exemplar());
        } else if (e == SeriesEvent.SAMPLE && in.timestamp() >= notBefore) {
          writer.sample(in.startTimestamp(), in.timestamp(), in.value());
        } else if (e == SeriesEvent.HISTOGRAM && in.timestamp() >= notBefore) {
          writer.histogram(in.startTimestamp(), in.timestamp(), in.histogram());
        }
      }
      if (to == RemoteWriteMessage.V2 && in.hasMetadata()) {
        writer.seriesMetadata(in.metadata());
      }
      endSeries();
    }
  }

  private void exemplar(@Nullable Exemplar e) {
    if (e != null) {
      writer.exemplar(e);
    }
  }
}
