package dev.tethys.store.remote;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.remote.ChunkedReadReader;
import dev.tethys.codec.remote.ReadRequest;
import dev.tethys.codec.remote.ReadResponseReader;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Queries one store by Prometheus's remote read protocol, streamed if possible. */
final class RemoteReadClient {
  /** Approximate overhead of a series in memory, counted in samples. */
  private static final int SERIES_SAMPLES = 16;

  /** Maximum size of a response in one message, compressed or not. */
  private static final int MAX_MESSAGE = 1 << 30;

  /** Size of the parts in which memory for a response is reserved. */
  private static final int PIECE = 1 << 20;

  /** Total memory for all responses in one message. */
  private static final ByteBudget ANSWERS =
      new ByteBudget(Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 4));

  private static final int MAX_ERROR = 512;

  private final RemoteReadConfig config;
  private final WebClient client;
  private final long maxSamples;
  private final ByteBudget answers;

  /**
   * @param maxSamples a response with more samples is rejected
   */
  RemoteReadClient(RemoteReadConfig config, WebClient client, long maxSamples) {
    this(config, client, maxSamples, ANSWERS);
  }

  /**
   * @param answers memory for responses in one message
   */
  RemoteReadClient(RemoteReadConfig config, WebClient client, long maxSamples, ByteBudget answers) {
    this.answers = answers;
    this.config = config;
    this.client = client;
    this.maxSamples = maxSamples;
  }

  /**
   * Returns the series that match a query, in their original order.
   *
   * @throws IOException if the store gives no response, or one that cannot be read
   * @throws StorageException if the response is larger than is taken
   */
  List<StoredSeries> read(ReadRequest.Query query) throws IOException, InterruptedException {
    byte[] message =
        new ReadRequest(
                List.of(query), List.of(ReadRequest.STREAMED_XOR_CHUNKS, ReadRequest.SAMPLES))
            .encode();
    ClientRequest call =
        ClientRequest.post(
                config.url(),
                "application/x-protobuf",
                SnappyBlock.encode(message, 0, message.length))
            .withHeader("Content-Encoding", "snappy")
            .withHeader("Accept-Encoding", "snappy")
            .withHeader("X-Prometheus-Remote-Read-Version", "0.1.0")
            .withTimeout(config.timeout());
    for (var h : config.headers().entrySet()) {
      call = call.withHeader(h.getKey(), h.getValue());
    }
    try (ClientResponse a = client.send(call)) {
      if (a.status() / 100 != 2) {
        throw new IOException(
            "remote server "
                + config.shown()
                + " returned http status "
                + a.status()
                + ": "
                + new String(a.body().readNBytes(MAX_ERROR), StandardCharsets.UTF_8).strip());
      }
      String type = a.header("Content-Type", "").toLowerCase(Locale.ROOT);
      ReceivedSeries taken = new ReceivedSeries(query);
      if (type.startsWith("application/x-streamed-protobuf")) {
        streamed(a.body(), taken);
      } else if (type.startsWith("application/x-protobuf")) {
        whole(a, taken);
      } else {
        throw new IOException("not supported remote read content type: " + type);
      }
      return taken.finish();
    } catch (CodecException e) {
      throw new IOException("the response of " + config.shown() + ": " + e.getMessage(), e);
    }
  }

  private void streamed(InputStream body, ReceivedSeries into) throws IOException {
    ChunkedReadReader frames = new ChunkedReadReader(body, config.maxFrame());
    boolean more = true;
    while (more) {
      more =
          frames.next(
              (query, labels, samples) -> {
                SampleBuffer b = into.series(labels);
                for (int i = 0; i < samples.size; i++) {
                  b.add(samples, i);
                }
                into.count(samples.size);
              });
    }
  }

  private void whole(ClientResponse a, ReceivedSeries into) throws IOException {
    try (ByteBudget.Reservation held = answers.open()) {
      byte[] packed = packed(a.body(), held);
      whole(
          a.header("Content-Encoding", "snappy").equalsIgnoreCase("snappy")
              ? Compression.SNAPPY.decompress(packed, 0, packed.length, MAX_MESSAGE, held)
              : packed,
          into);
    } catch (TooLargeException e) {
      throw tooLarge();
    } catch (ByteBudget.OverBudgetException e) {
      throw new StorageException(
          StorageException.Reason.LIMIT,
          "remote read from "
              + config.shown()
              + ": answers in one message take more than "
              + answers.total()
              + " bytes of memory. Narrow the selector or the range, or give the process more"
              + " memory");
    }
  }

  private static byte[] packed(InputStream body, ByteBudget.Reservation held) throws IOException {
    byte[] b = new byte[0];
    int n = 0;
    while (n < MAX_MESSAGE) {
      int more = Math.max(PIECE, n);
      held.accept(more);
      b = Arrays.copyOf(b, n + more);
      int got = body.readNBytes(b, n, more);
      n += got;
      if (got < more) {
        return Arrays.copyOf(b, n);
      }
    }
    throw new IOException("the response is larger than " + MAX_MESSAGE + " bytes");
  }

  private void whole(byte[] message, ReceivedSeries into) throws IOException {
    ReadResponseReader results = new ReadResponseReader().reset(message, 0, message.length);
    while (results.nextResult()) {
      WriteRequestReader r = results.series();
      while (r.nextSeries()) {
        SampleBuffer b =
            into.series(
                WriteRequestReader.LABELS.decode(
                    r.labelBuffer(), r.labelOffset(), r.labelLength()));
        int before = b.size;
        for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
          switch (e) {
            case SAMPLE -> b.add(0, r.timestamp(), r.value());
            case HISTOGRAM -> b.add(0, r.timestamp(), r.histogram());
            case EXEMPLAR, END -> {}
          }
        }
        into.count(b.size - before);
      }
    }
  }

  private StorageException tooLarge() {
    return new StorageException(
        StorageException.Reason.LIMIT,
        "remote read from "
            + config.shown()
            + ": the answer holds more than "
            + maxSamples
            + " samples (a series counts as "
            + SERIES_SAMPLES
            + "). Narrow the selector or the range, or raise --query.max-samples");
  }

  /** Data received so far; parts of a series follow one another. */
  private final class ReceivedSeries {
    private final ReadRequest.Query query;
    private final List<StoredSeries> done = new ArrayList<>();
    private SampleBuffer buffer = new SampleBuffer();
    private @Nullable Labels current;
    private long samples;

    ReceivedSeries(ReadRequest.Query query) {
      this.query = query;
    }

    /** Returns the buffer for the samples of a series. */
    SampleBuffer series(Labels labels) {
      if (!labels.equals(current)) {
        end();
        current = labels;
        count(SERIES_SAMPLES);
      }
      return buffer;
    }

    void count(long n) {
      samples += n;
      if (samples > maxSamples) {
        throw tooLarge();
      }
    }

    private void end() {
      Labels l = current;
      if (l != null) {
        done.add(StoredSeries.of(l, buffer, query.start(), query.end()));
        buffer.clear();
      }
    }

    List<StoredSeries> finish() {
      end();
      current = null;
      return done;
    }
  }
}
