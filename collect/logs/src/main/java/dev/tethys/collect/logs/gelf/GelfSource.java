package dev.tethys.collect.logs.gelf;

import dev.tethys.codec.CodecException;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.net.LogStreamListener;
import dev.tethys.collect.logs.net.PacketListener;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Listens for GELF: JSON in packets that may be compressed and in chunks, or ended by NUL over TCP.
 * The line is the received JSON. Nothing is acknowledged.
 */
final class GelfSource implements LogSource {
  private static final System.Logger LOG = JulLogger.of(GelfSource.class.getName());

  static final int MAX_MESSAGE = GelfMessage.MAX_BYTES;

  /** Messages up to this are not accounted for. */
  private static final int FREE_BYTES = 64 << 10;

  /** Memory of a message's tree and entry as a multiple of its text. */
  private static final long PARSED_FACTOR = 4;

  private static final Duration IDLE = Duration.ofMinutes(10);

  private final GelfConfig config;
  private final SourceContext context;
  private final GelfChunks chunks = new GelfChunks(); // for the thread of the packets
  private final Registry.Counter entries;
  private final Registry.Counter errors;
  private final Registry.Counter incomplete;
  private long incompleteCounted;
  private @Nullable LogStreamListener streams;
  private @Nullable PacketListener packets;

  GelfSource(GelfConfig config, SourceContext context) {
    this.config = config;
    this.context = context;
    this.entries = context.metrics().entries("gelf");
    this.errors = context.metrics().parsingErrors("gelf");
    this.incomplete =
        context
            .metrics()
            .counter(
                "tethys_logs_gelf_incomplete_messages_total",
                "Messages dropped because some of their chunks were missing.");
  }

  @Override
  public void start() throws IOException {
    if (config.tcp()) {
      streams = LogStreamListener.start(config.address(), "gelf", null, IDLE, this::connection);
    } else {
      packets = PacketListener.start(config.address(), "gelf", this::packet);
    }
  }

  InetSocketAddress address() {
    LogStreamListener s = streams;
    PacketListener p = packets;
    if (s != null) {
      return s.address();
    }
    if (p != null) {
      return p.address();
    }
    throw new IllegalStateException("not started");
  }

  private void connection(InputStream raw, InetSocketAddress from)
      throws IOException, InterruptedException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ByteBudget.Reservation held = ByteBudget.process().open()) {
      InputStream in = new BufferedInputStream(held.watched(raw, raw));
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c != 0) {
          if (out.size() >= MAX_MESSAGE) {
            errors.inc();
            throw new IOException("a message is longer than " + MAX_MESSAGE + " bytes");
          }
          if (out.size() > 0 && out.size() % FREE_BYTES == 0) {
            held.await(2 * FREE_BYTES);
          }
          out.write(c);
        } else if (out.size() > 0) {
          message(out.toByteArray());
          out = out.size() > FREE_BYTES ? new ByteArrayOutputStream() : out;
          out.reset();
          held.close();
        }
      }
      if (out.size() > 0) {
        message(out.toByteArray());
      }
    } catch (ByteBudget.OverBudgetException e) {
      errors.inc();
      throw new IOException("a message is not read: " + e.getMessage(), e);
    }
  }

  private void packet(byte[] bytes, int length, InetSocketAddress from)
      throws InterruptedException {
    byte[] message;
    try {
      message =
          GelfChunks.isChunk(bytes, length)
              ? chunks.take(bytes, length, context.clock().millis())
              : Arrays.copyOf(bytes, length);
    } catch (CodecException e) {
      wrong(e.getMessage());
      return;
    }
    incomplete.add(chunks.lost() - incompleteCounted);
    incompleteCounted = chunks.lost();
    if (message != null) {
      message(message);
    }
  }

  private void wrong(@Nullable String reason) {
    errors.inc();
    LOG.log(Level.DEBUG, "job {0}: {1}", context.job(), reason);
  }

  private void message(byte[] raw) throws InterruptedException {
    try (ByteBudget.Reservation held = ByteBudget.process().open()) {
      if (raw.length > FREE_BYTES) {
        held.await(PARSED_FACTOR * raw.length);
      }
      message(raw, held);
    } catch (ByteBudget.OverBudgetException e) {
      wrong("GELF message: " + e.getMessage());
    }
  }

  private void message(byte[] raw, ByteBudget.Reservation held) throws InterruptedException {
    GelfMessage m;
    try {
      byte[] text = GelfMessage.decompressed(raw, held);
      if (text.length > FREE_BYTES && text != raw) {
        held.await(PARSED_FACTOR * text.length);
      }
      m = GelfMessage.read(text);
    } catch (CodecException e) {
      wrong(e.getMessage());
      return;
    }
    Labels labels = context.relabeled(m.labels(config.labels()));
    if (labels == null) {
      return;
    }
    Long time = config.keepTimes() ? m.time() : null;
    context.accept(new LogEntry(labels, time == null ? context.now() : time, m.line()));
    entries.inc();
  }

  @Override
  public void stop() {
    if (streams != null) {
      streams.close();
    }
    if (packets != null) {
      packets.close();
    }
  }

  @Override
  public Labels labels() {
    return config.labels();
  }

  @Override
  public Map<String, String> details() {
    return Map.of("address", config.address(), "protocol", config.tcp() ? "tcp" : "udp");
  }
}
