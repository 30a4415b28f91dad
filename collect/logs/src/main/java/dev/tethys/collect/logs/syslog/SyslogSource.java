package dev.tethys.collect.logs.syslog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.syslog.SyslogFrames;
import dev.tethys.codec.syslog.SyslogMessage;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.net.HostNames;
import dev.tethys.collect.logs.net.LogStreamListener;
import dev.tethys.collect.logs.net.PacketListener;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.web.SocketTls;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Listens for syslog. The protocol has no acknowledgements: over TCP a slow destination slows the
 * senders, over UDP data beyond the kernel's buffer is lost. A message that cannot be read is
 * counted and logged at debug.
 */
final class SyslogSource implements LogSource {
  private static final System.Logger LOG = JulLogger.of(SyslogSource.class.getName());

  private final SyslogConfig config;
  private final SourceContext context;
  private final HostNames names = new HostNames();
  private final Registry.Counter entries;
  private final Registry.Counter errors;
  private final Registry.Counter empty;
  private final Registry.Counter cut;
  private @Nullable LogStreamListener streams;
  private @Nullable PacketListener packets;

  SyslogSource(SyslogConfig config, SourceContext context) {
    this.config = config;
    this.context = context;
    this.entries = context.metrics().entries("syslog");
    this.errors = context.metrics().parsingErrors("syslog");
    this.empty =
        context
            .metrics()
            .counter(
                "promtail_syslog_empty_messages_total",
                "Total number of empty messages receiving from syslog");
    this.cut =
        context
            .metrics()
            .counter(
                "tethys_logs_syslog_cut_messages_total",
                "Messages longer than max_message_length, of which only the beginning was taken.");
  }

  @Override
  public void start() throws IOException {
    if (config.protocol() == SyslogConfig.Protocol.UDP) {
      packets = PacketListener.start(config.address(), "syslog", this::packet);
    } else {
      TlsConfig tls = config.tls();
      streams =
          LogStreamListener.start(
              config.address(),
              "syslog",
              tls == null ? null : SocketTls.listening(tls),
              config.idleTimeout(),
              this::connection);
    }
  }

  /** Listen address. */
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

  private void connection(InputStream in, InetSocketAddress from)
      throws IOException, InterruptedException {
    Labels base = connectionLabels(from);
    try (ByteBudget.Reservation held = ByteBudget.process().open()) {
      SyslogFrames frames =
          new SyslogFrames(held.watched(in, in), config.maxLength(), held.awaiting());
      for (byte[] b = frames.next(); b != null; b = frames.next()) {
        if (frames.isCut()) {
          cut.inc();
        }
        message(b, b.length, base);
        held.close();
      }
    } catch (ByteBudget.OverBudgetException e) {
      errors.inc();
      throw new IOException("a message is not read: " + e.getMessage(), e);
    }
  }

  private void packet(byte[] bytes, int length, InetSocketAddress from)
      throws InterruptedException {
    if (length > config.maxLength()) {
      cut.inc();
    }
    message(bytes, Math.min(length, config.maxLength()), connectionLabels(from));
  }

  private Labels connectionLabels(InetSocketAddress from) {
    return config.labels().toBuilder()
        .set("__syslog_connection_ip_address", from.getAddress().getHostAddress())
        .set("__syslog_connection_hostname", names.of(from.getAddress()))
        .set("__syslog_connection_port", String.valueOf(from.getPort()))
        .build();
  }

  private void message(byte[] bytes, int length, Labels base) throws InterruptedException {
    SyslogMessage m;
    try {
      m = config.format().read(bytes, 0, length, context.clock(), ZoneId.systemDefault());
    } catch (CodecException e) {
      errors.inc();
      LOG.log(
          Level.DEBUG,
          "job {0}: {1}: {2}",
          context.job(),
          e.getMessage(),
          new String(bytes, 0, length, StandardCharsets.UTF_8));
      return;
    }
    String text = m.message();
    if (text == null) {
      empty.inc();
      return;
    }
    if (config.wholeMessage() && m.version() > 0) {
      text = new String(bytes, 0, length, StandardCharsets.UTF_8).stripTrailing();
    }
    Labels labels = context.relabeled(labels(base, m));
    if (labels == null) {
      return;
    }
    Long time = config.keepTimes() ? m.timestamp() : null;
    context.accept(new LogEntry(labels, time == null ? context.now() : time, text));
    entries.inc();
  }

  private Labels labels(Labels base, SyslogMessage m) {
    LabelsBuilder b =
        base.toBuilder()
            .set("__syslog_message_severity", m.severityName())
            .set("__syslog_message_facility", m.facilityName())
            .set("__syslog_message_hostname", m.hostname())
            .set("__syslog_message_app_name", m.appName())
            .set("__syslog_message_proc_id", m.procId())
            .set("__syslog_message_msg_id", m.msgId());
    if (config.labelStructuredData()) {
      m.structuredData()
          .forEach(
              (id, params) ->
                  params.forEach(
                      (name, value) ->
                          b.set(
                              "__syslog_message_sd_" + id.replace('@', '_') + "_" + name, value)));
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
    return Map.of(
        "address",
        config.address(),
        "protocol",
        config.protocol().name().toLowerCase(java.util.Locale.ROOT));
  }
}
