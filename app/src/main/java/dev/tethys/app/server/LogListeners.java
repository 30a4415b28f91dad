package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.STRING;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceMetrics;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.collect.logs.gelf.GelfConfig;
import dev.tethys.collect.logs.syslog.SyslogConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Listeners of the server for syslog and GELF, each on an address that a flag names. The protocols
 * acknowledge nothing: over TCP a store that is slow slows the senders, over UDP messages are lost.
 */
final class LogListeners implements AutoCloseable {
  private static final String SYSLOG_UDP = "logs.syslog-udp-listen-address";
  private static final String SYSLOG_TCP = "logs.syslog-tcp-listen-address";
  private static final String GELF_UDP = "logs.gelf-udp-listen-address";
  private static final String GELF_TCP = "logs.gelf-tcp-listen-address";

  /** Log listener flags. */
  static final List<Flag> FLAGS =
      List.of(
          of(
              SYSLOG_UDP,
              STRING,
              "",
              "host:port for syslog over UDP, RFC 3164 and 5424, into the log store. (Tethys)"),
          of(
              SYSLOG_TCP,
              STRING,
              "",
              "host:port for syslog over TCP, RFC 3164 and 5424, into the log store. (Tethys)"),
          of(GELF_UDP, STRING, "", "host:port for GELF over UDP into the log store. (Tethys)"),
          of(GELF_TCP, STRING, "", "host:port for GELF over TCP into the log store. (Tethys)"));

  private static final System.Logger LOG = JulLogger.of(LogListeners.class.getName());

  private static final Labels SYSLOG = Labels.of("job", "syslog");
  private static final Labels GELF = Labels.of("job", "gelf");

  private static final Relabeling SYSLOG_LABELS =
      new Relabeling(
          List.of(
              LocalLogs.label("__syslog_connection_ip_address", "host"),
              nonEmpty("__syslog_message_hostname", "host"),
              LocalLogs.label("__syslog_message_app_name", "app"),
              LocalLogs.label("__syslog_message_facility", "facility"),
              LocalLogs.label("__syslog_message_severity", "level")));

  private static final Relabeling GELF_LABELS =
      new Relabeling(
          List.of(
              LocalLogs.label("__gelf_message_host", "host"),
              LocalLogs.label("__gelf_message_facility", "facility"),
              LocalLogs.label("__gelf_message_level", "level")));

  private final LogEntryWriter writer;
  private final List<LogSource> sources = new ArrayList<>();

  private LogListeners(LogEntryWriter writer) {
    this.writer = writer;
  }

  private static RelabelRule nonEmpty(String from, String to) {
    return new RelabelRule(
        RelabelRule.Spec.DEFAULT.withSource(from).withRegex("(.+)").withTarget(to),
        NameScheme.LEGACY);
  }

  /**
   * Starts the listeners set by flags.
   *
   * @param folder log store folder
   * @throws IOException if an address cannot be taken; nothing listens then
   */
  static LogListeners start(
      FlagSet flags,
      LogIngester ingester,
      Path folder,
      HttpClientFactory http,
      Registry registry,
      SourceMetrics metrics)
      throws IOException {
    Counter refused =
        registry.counter(
            "tethys_logs_listener_refused_entries_total",
            "Entries of syslog and GELF listeners that the log store refused.");
    LogListeners all =
        new LogListeners(new LogEntryWriter(ingester, "log-listeners", refused::add, () -> {}));
    all.writer.start();
    Positions none =
        new Positions(
            new RealFiles(), folder.resolve("listeners.yml"), true, false, InstantSource.system());
    try {
      for (String flag : List.of(SYSLOG_UDP, SYSLOG_TCP, GELF_UDP, GELF_TCP)) {
        String address = flags.get(flag);
        if (!address.isEmpty()) {
          all.listen(flag, address, none, http, metrics);
        }
      }
    } catch (IOException | RuntimeException e) {
      all.close();
      throw e;
    }
    return all;
  }

  private void listen(
      String flag, String address, Positions none, HttpClientFactory http, SourceMetrics metrics)
      throws IOException {
    boolean syslog = flag.startsWith("logs.syslog");
    LogSourceConfig config =
        switch (flag) {
          case SYSLOG_UDP -> SyslogConfig.listening(address, SyslogConfig.Protocol.UDP, SYSLOG);
          case SYSLOG_TCP -> SyslogConfig.listening(address, SyslogConfig.Protocol.TCP, SYSLOG);
          default -> new GelfConfig(address, flag.equals(GELF_TCP), GELF, true);
        };
    SourceContext context =
        new SourceContext(
            flag,
            writer::put,
            syslog ? SYSLOG_LABELS : GELF_LABELS,
            none,
            metrics,
            InstantSource.system(),
            http);
    LogSource source = config.source(context);
    try {
      source.start();
    } catch (IOException e) {
      throw new IOException("--" + flag + "=" + address + ": " + e.getMessage(), e);
    }
    sources.add(source);
    LOG.log(Level.INFO, "Log listener started flag={0} address={1}", flag, address);
    ListenFlags.warnIfOpen(LOG, flag, address, "writing of logs");
  }

  @Override
  public void close() {
    sources.forEach(LogSource::close);
    writer.close();
  }
}
