package dev.tethys.collect.receive;

import dev.tethys.codec.HistogramResolution;
import dev.tethys.codec.remote.InvalidLabelsException;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.collect.receive.RemoteWriteReceiver.WriteCounts;
import dev.tethys.collect.receive.RequestBuffers.Workspace;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.StorageException;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Appends a remote write 1.0 request. The first rejected sample ends it, with nothing stored;
 * series with invalid labels are skipped and counted, and so are exemplars that the store rejects.
 * A request whose series all have invalid labels is rejected.
 */
final class WriteV1 {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.receive.write");
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  private final Workspace w;
  private final Appender app;
  private final long maxTime;
  private final RemoteWriteReceiver.Metrics metrics;

  WriteV1(Workspace w, Appender app, long maxTime, RemoteWriteReceiver.Metrics metrics) {
    this.w = w;
    this.app = app;
    this.maxTime = maxTime;
    this.metrics = metrics;
  }

  @Nullable String append(int length, WriteCounts written) {
    WriteRequestReader r = w.v1.reset(w.decoded(), 0, length);
    String limited = null;
    int beyond = 0;
    String firstInvalid = null;
    long invalid = 0;
    long valid = 0;
    while (r.nextLikelySeries()) {
      long ref;
      try {
        ref = known(r);
        if (ref == Appender.NO_SERIES) {
          r.settle();
          ref = resolve(r);
        }
      } catch (InvalidLabelsException e) {
        firstInvalid = firstInvalid == null ? e.getMessage() : firstInvalid;
        invalid++;
        int n = 0;
        for (SeriesEvent ev = r.next(); ev != SeriesEvent.END; ev = r.next()) {
          n += ev == SeriesEvent.EXEMPLAR ? 0 : 1;
        }
        metrics.invalidLabels.add((long) n);
        continue;
      } catch (StorageException e) {
        if (e.reason() != StorageException.Reason.LIMIT) {
          throw e;
        }
        // A limit forbids this new series; the others continue.
        limited = limited == null ? e.getMessage() : limited;
        beyond++;
        while (r.next() != SeriesEvent.END) {
          // its samples are lost, which is reported
        }
        continue;
      }
      valid++;
      if (r.isSingle()) { // as nearly all are
        sample(r, ref);
        written.samples++;
        continue;
      }
      for (SeriesEvent ev = r.next(); ev != SeriesEvent.END; ev = r.next()) {
        switch (ev) {
          case SAMPLE -> {
            ref = sample(r, ref);
            written.samples++;
          }
          case HISTOGRAM -> {
            ref = histogram(r, ref);
            written.histograms++;
          }
          case EXEMPLAR -> {
            Exemplar e = r.exemplar();
            if (e != null
                && e.timestamp() <= maxTime
                && !WriteErrors.tooLong(e)
                && app.append(ref, e) == Outcome.OK) {
              written.exemplars++;
            }
          }
          case END -> throw new AssertionError();
        }
      }
    }
    while (r.nextMetadata()) {
      if (!r.metricFamily().isEmpty()) {
        app.metadata(r.metricFamily(), r.metadata());
      }
    }
    if (firstInvalid != null) {
      if (valid == 0 && limited == null) {
        return "all " + invalid + " series are invalid, the first: " + firstInvalid;
      }
      PEER_LOG.log(
          Level.WARNING,
          "Remote write series with invalid labels left out series={0} first={1}",
          invalid,
          firstInvalid);
    }
    if (limited != null) {
      return beyond == 1 ? limited : limited + "; and " + (beyond - 1) + " more new series";
    }
    return null;
  }

  private long known(WriteRequestReader r) {
    return app.known(r.labelBuffer(), r.labelOffset(), r.labelLength(), WriteRequestReader.LABELS);
  }

  private long resolve(WriteRequestReader r) {
    return app.series(r.labelBuffer(), r.labelOffset(), r.labelLength(), WriteRequestReader.LABELS);
  }

  private long sample(WriteRequestReader r, long ref) {
    long t = r.timestamp();
    if (t > maxTime) {
      throw refused(WriteErrors.TOO_FAR, r);
    }
    Outcome o = app.append(ref, 0, t, r.value());
    if (o == Outcome.OK) {
      return ref;
    }
    long known = ref;
    if (o == Outcome.UNKNOWN_SERIES) {
      known = resolve(r);
      o = app.append(known, 0, t, r.value());
    }
    if (o != Outcome.OK) {
      throw refused(o, WriteErrors.text(o, t, null), r);
    }
    return known;
  }

  private long histogram(WriteRequestReader r, long ref) {
    long t = r.timestamp();
    if (t > maxTime) {
      throw refused(WriteErrors.TOO_FAR, r);
    }
    Histogram h = HistogramResolution.storable(r.histogram());
    Outcome o = app.append(ref, 0, t, h);
    long known = ref;
    if (o == Outcome.UNKNOWN_SERIES) {
      known = resolve(r);
      o = app.append(known, 0, t, h);
    }
    if (o != Outcome.OK) {
      throw refused(o, WriteErrors.text(o, t, h), r);
    }
    return known;
  }

  private static RequestRejectedException refused(Outcome o, String why, WriteRequestReader r) {
    return o == Outcome.UNKNOWN_SERIES ? new RequestRejectedException(500, why) : refused(why, r);
  }

  private static RequestRejectedException refused(String why, WriteRequestReader r) {
    if (LOG.isLoggable(Level.DEBUG)) {
      LOG.log(
          Level.DEBUG,
          "{0}: series {1}, timestamp {2}",
          why,
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength()),
          r.timestamp());
    }
    return new RequestRejectedException(400, why);
  }
}
