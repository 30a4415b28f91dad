package dev.tethys.collect.logs.gelf;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.net.PacketListener;
import dev.tethys.collect.logs.net.StreamListener;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.logs.LogEntry;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Listens for GELF: JSON in packets that may be compressed and in chunks, or ended by NUL over TCP.
 * The line is the JSON as it came. Nothing is acknowledged.
 */
final class GelfSource implements LogSource {
  private static final System.Logger LOG = System.getLogger(GelfSource.class.getName());

  /** Of a message, decompressed; Graylog's own limit of one over TCP is smaller. */
  static final int MAX_MESSAGE = 8 << 20;

  /** Messages up to this are not accounted for. */
  private static final int FREE_BYTES = 64 << 10;

  /** How much more than its text a message takes as a tree and as an entry. */
  private static final long PARSED_FACTOR = 4;

  private static final List<String> SEVERITIES =
      List.of(
          "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug");
  private static final Duration IDLE = Duration.ofMinutes(10);
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(tools.jackson.databind.DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private final GelfConfig config;
  private final SourceContext context;
  private final GelfChunks chunks = new GelfChunks(); // for the thread of the packets
  private final Registry.Counter entries;
  private final Registry.Counter errors;
  private final Registry.Counter incomplete;
  private long incompleteCounted;
  private @Nullable StreamListener streams;
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
      streams = StreamListener.start(config.address(), "gelf", null, IDLE, this::connection);
    } else {
      packets = PacketListener.start(config.address(), "gelf", this::packet);
    }
  }

  InetSocketAddress address() {
    StreamListener s = streams;
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
    InputStream in = new BufferedInputStream(raw);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ByteBudget.Reservation held = ByteBudget.process().open()) {
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

  private void wrong(@Nullable String why) {
    errors.inc();
    LOG.log(Level.DEBUG, "job {0}: {1}", context.job(), why);
  }

  private static byte[] decompressed(byte[] b, LongConsumer reserve) {
    if (b.length >= 2 && b[0] == 0x1f && b[1] == (byte) 0x8b) {
      return Compression.GZIP.decompress(b, 0, b.length, MAX_MESSAGE, reserve);
    }
    // The two bytes of zlib's header are a multiple of 31; JSON's { followed by " is not.
    if (b.length >= 2 && (b[0] & 0x0f) == 8 && ((b[0] & 0xff) << 8 | b[1] & 0xff) % 31 == 0) {
      return Compression.ZLIB.decompress(b, 0, b.length, MAX_MESSAGE, reserve);
    }
    return b;
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
    byte[] text;
    JsonNode m;
    try {
      text = decompressed(raw, held);
      if (text.length > FREE_BYTES && text != raw) {
        held.await(PARSED_FACTOR * text.length);
      }
      m = JSON.readTree(text);
    } catch (JacksonException | CodecException e) {
      wrong("GELF message: " + JsonFailures.said(e));
      return;
    }
    if (!m.isObject()) {
      wrong("GELF message is no JSON object");
      return;
    }
    Labels labels = context.relabeled(labels(m));
    if (labels == null) {
      return;
    }
    JsonNode time = m.path("timestamp");
    long at = config.keepTimes() && time.isNumber() ? nanos(time.decimalValue()) : context.now();
    context.accept(new LogEntry(labels, at, new String(text, StandardCharsets.UTF_8).strip()));
    entries.inc();
  }

  private static long nanos(BigDecimal seconds) {
    return seconds.movePointRight(9).longValue();
  }

  private Labels labels(JsonNode m) {
    LabelsBuilder b =
        config.labels().toBuilder()
            .set("__gelf_message_host", m.path("host").asString(""))
            .set("__gelf_message_version", m.path("version").asString(""))
            .set("__gelf_message_facility", m.path("facility").asString(""));
    JsonNode level = m.path("level");
    // What has no level is an alert, as Graylog's description has it.
    int n = level.isMissingNode() ? 1 : level.asInt(-1);
    if (n >= 0 && n < SEVERITIES.size()) {
      b.set("__gelf_message_level", SEVERITIES.get(n));
    }
    return b.build();
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
