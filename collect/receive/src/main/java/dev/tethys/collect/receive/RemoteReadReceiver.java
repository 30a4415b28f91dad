package dev.tethys.collect.receive;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.ChunkedReadWriter;
import dev.tethys.codec.remote.ReadRequest;
import dev.tethys.codec.remote.ReadResponseWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.collect.receive.RequestBuffers.Workspace;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Gauge;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers Prometheus remote read ({@code POST /api/v1/read}), in samples or in streamed chunks as
 * the reader prefers. External labels are added to the series of the response, and matchers on them
 * are evaluated against them.
 */
public final class RemoteReadReceiver implements Receiver {
  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of("dev.tethys.receive.read"));

  private final ScopedSource source;
  private final Supplier<Labels> externalLabels;
  private final RemoteReadOptions options;
  private final RequestBuffers workspaces;
  private final @Nullable Semaphore gate;
  private final Gauge queries;

  /**
   * A receiver over a source.
   *
   * @param externalLabels read at each request, since they may be reloaded
   */
  public RemoteReadReceiver(
      ScopedSource source,
      Supplier<Labels> externalLabels,
      RemoteReadOptions options,
      ReceiveLimits limits,
      Registry registry) {
    this.source = source;
    this.externalLabels = externalLabels;
    this.options = options;
    this.workspaces = new RequestBuffers(limits);
    this.gate = options.concurrentLimit() == 0 ? null : new Semaphore(options.concurrentLimit());
    this.queries =
        registry.gauge(
            "prometheus_remote_read_handler_queries",
            "The current number of remote read queries that are either in execution or queued on"
                + " the handler.");
  }

  @Override
  public void receive(ReceivedRequest request, ReceiverResponse reply) throws IOException {
    queries.add(1);
    try {
      if (gate != null) {
        gate.acquire();
      }
      try {
        answer(request, reply);
      } finally {
        if (gate != null) {
          gate.release();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reply.error(503, "the server is stopping");
    } finally {
      queries.add(-1);
    }
  }

  private void answer(ReceivedRequest request, ReceiverResponse reply) throws IOException {
    ReadRequest read;
    try {
      if (!request.method().equals("POST")) {
        throw new RequestRejectedException(405, "Method not allowed");
      }
      try (Workspace w = workspaces.open()) {
        int n = w.unsnap(w.readBody(request));
        read = ReadRequest.decode(w.decoded(), 0, n);
      }
      if (streamed(read.acceptedResponseTypes())) {
        stream(source.within(request.scope()), read, reply);
        return;
      }
      byte[] samples = samples(source.within(request.scope()), read);
      reply.header("Content-Type", "application/x-protobuf");
      reply.header("Content-Encoding", "snappy");
      reply.send(200, samples, 0, samples.length);
    } catch (RequestRejectedException e) {
      reply.error(e.status(), e.text());
    } catch (CodecException e) {
      reply.error(400, String.valueOf(e.getMessage()));
    } catch (StorageException e) {
      reply.error(
          e.reason() == StorageException.Reason.LIMIT ? 400 : WriteErrors.status(e),
          String.valueOf(e.getMessage()));
    }
  }

  private static boolean streamed(List<Integer> accepted) {
    for (int type : accepted) {
      if (type == ReadRequest.SAMPLES || type == ReadRequest.STREAMED_XOR_CHUNKS) {
        return type == ReadRequest.STREAMED_XOR_CHUNKS;
      }
    }
    if (accepted.isEmpty()) {
      return false;
    }
    throw new RequestRejectedException(
        400,
        "server does not support any of the requested response types: "
            + accepted
            + "; supported: [SAMPLES, STREAMED_XOR_CHUNKS]");
  }

  private static Selection select(MetricSource source, ReadRequest.Query q, Labels external) {
    List<Matcher> matchers = new ArrayList<>();
    for (Matcher m : q.matchers()) {
      boolean met =
          m.type() == Matcher.Type.EQUAL
              && !m.value().isEmpty()
              && m.value().equals(external.get(m.name()));
      matchers.add(met ? Matcher.equal(m.name(), "") : m);
    }
    ReadRequest.Hints h = q.hints();
    SelectHints hints =
        h == null || h.start() == 0 && h.end() == 0
            ? SelectHints.range(q.start(), q.end())
            : new SelectHints(h.start(), h.end(), h.step(), h.range(), h.function());
    return source.select(hints, matchers);
  }

  /** The protocol has no warnings: they are logged after everything is read. */
  private static void logWarnings(Selection s) {
    for (String warning : s.warnings()) {
      PEER_LOG.log(Level.WARNING, "Remote read query answered with warning={0}", warning);
    }
  }

  /** A label of the series itself takes precedence. */
  private static Labels merged(Labels series, Labels external) {
    return external.isEmpty() ? series : new LabelsBuilder(external).addAll(series).build();
  }

  private byte[] samples(MetricSource from, ReadRequest read) {
    ReadResponseWriter out = new ReadResponseWriter();
    SampleBuffer buffer = new SampleBuffer();
    Labels external = externalLabels.get();
    for (ReadRequest.Query q : read.queries()) {
      out.beginResult();
      long count = 0;
      try (Selection s = select(from, q, external)) {
        for (int i = 0; i < s.size(); i++) {
          s.read(i, buffer);
          count += buffer.size;
          if (options.sampleLimit() > 0 && count > options.sampleLimit()) {
            throw new RequestRejectedException(
                400, "exceeded sample limit (" + options.sampleLimit() + ")");
          }
          if (buffer.size > 0) {
            out.series(merged(s.labels(i), external), buffer);
          }
        }
        logWarnings(s);
      }
      out.endResult();
    }
    return SnappyBlock.encode(out.buffer(), 0, out.size());
  }

  /**
   * Series of a store are sorted; external labels can change the order, so merged ones are sorted
   * again.
   */
  private void stream(MetricSource from, ReadRequest read, ReceiverResponse reply)
      throws IOException {
    Labels external = externalLabels.get();
    List<Selection> selections = new ArrayList<>();
    try {
      for (ReadRequest.Query q : read.queries()) {
        selections.add(select(from, q, external));
      }
      reply.header(
          "Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
      try (OutputStream body = new BufferedOutputStream(reply.stream(200), 1 << 16)) {
        ChunkedReadWriter out = new ChunkedReadWriter(body, options.maxBytesInFrame());
        SampleBuffer buffer = new SampleBuffer();
        for (int q = 0; q < selections.size(); q++) {
          Selection s = selections.get(q);
          for (Numbered n : sorted(s, external)) {
            s.read(n.series, buffer);
            out.series(q, n.labels, buffer);
          }
          logWarnings(s);
        }
      } catch (StorageException | CodecException e) {
        throw new IOException(
            "the response to a remote read was interrupted: " + e.getMessage(), e);
      }
    } finally {
      selections.forEach(Selection::close);
    }
  }

  private record Numbered(int series, Labels labels) {}

  private static List<Numbered> sorted(Selection s, Labels external) {
    List<Numbered> out = new ArrayList<>(s.size());
    for (int i = 0; i < s.size(); i++) {
      out.add(new Numbered(i, merged(s.labels(i), external)));
    }
    if (!external.isEmpty()) {
      out.sort(java.util.Comparator.comparing(Numbered::labels));
    }
    return out;
  }
}
